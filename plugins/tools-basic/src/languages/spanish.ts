import { dateParts, type Language, unitSlot } from './language.js';

const units: Language['units'] = {
  millimeter: ['milímetro', 'milímetros', 'mm'],
  centimeter: ['centímetro', 'centímetros', 'cm'],
  meter: ['metro', 'metros', 'm'],
  kilometer: ['kilómetro', 'kilómetros', 'km'],
  inch: ['pulgada', 'pulgadas'],
  foot: ['pie', 'pies'],
  yard: ['yarda', 'yardas'],
  mile: ['milla', 'millas'],
  nautical_mile: ['milla náutica', 'millas náuticas'],
  square_meter: ['metro cuadrado', 'metros cuadrados'],
  square_foot: ['pie cuadrado', 'pies cuadrados'],
  hectare: ['hectárea', 'hectáreas'],
  acre: ['acre', 'acres'],
  milligram: ['miligramo', 'miligramos', 'mg'],
  gram: ['gramo', 'gramos', 'g'],
  kilogram: ['kilogramo', 'kilogramos', 'kilo', 'kilos', 'kg'],
  tonne: ['tonelada', 'toneladas'],
  ounce: ['onza', 'onzas'],
  pound: ['libra', 'libras'],
  stone: ['stone', 'stones'],
  milliliter: ['mililitro', 'mililitros', 'ml'],
  liter: ['litro', 'litros'],
  teaspoon: ['cucharadita', 'cucharaditas'],
  tablespoon: ['cucharada', 'cucharadas'],
  fluid_ounce: ['onza líquida', 'onzas líquidas'],
  cup: ['taza', 'tazas'],
  pint: ['pinta', 'pintas'],
  quart: ['cuarto de galón', 'cuartos de galón'],
  gallon: ['galón', 'galones'],
  kelvin: ['kelvin', 'kelvin'],
  celsius: ['grado Celsius', 'grados Celsius', 'Celsius', 'grados centígrados', 'grados c'],
  fahrenheit: ['grado Fahrenheit', 'grados Fahrenheit', 'Fahrenheit', 'grados f'],
  second: ['segundo', 'segundos'],
  minute: ['minuto', 'minutos'],
  hour: ['hora', 'horas'],
  day: ['día', 'días'],
  week: ['semana', 'semanas'],
  meter_per_second: ['metro por segundo', 'metros por segundo'],
  kilometer_per_hour: ['kilómetro por hora', 'kilómetros por hora', 'km/h'],
  mile_per_hour: ['milla por hora', 'millas por hora'],
  knot: ['nudo', 'nudos'],
  joule: ['julio', 'julios'],
  kilojoule: ['kilojulio', 'kilojulios'],
  kilocalorie: ['kilocaloría', 'kilocalorías', 'calorías'],
  kilowatt_hour: ['kilovatio hora', 'kilovatios hora', 'kwh'],
  kilobyte: ['kilobyte', 'kilobytes'],
  megabyte: ['megabyte', 'megabytes'],
  gigabyte: ['gigabyte', 'gigabytes'],
  terabyte: ['terabyte', 'terabytes'],
};
const from = unitSlot('from', units);
const to = unitSlot('to', units);

export const spanish: Language = {
  tag: 'es',
  units,
  phrases: {
    get_time: {
      templates: ['qué hora (es|son|tienes)', '(dime|dame) (la hora|qué hora es)', 'cuál es la hora'],
    },
    get_date: {
      templates: [
        'qué (día|fecha) es [hoy]',
        'a qué (día|fecha) estamos [hoy]',
        'cuál es la fecha [de hoy]',
        'qué día de la semana es [hoy]',
        'dime la fecha',
      ],
    },
    calculate: { templates: ['(cuánto (es|son|da|vale)|cuál es|calcula) {expression}', '{expression}'] },
    convert_units: {
      templates: [
        `(convierte|convertir|pasa) {value} ${from} (a|en) ${to}`,
        `cuánto (es|son) {value} ${from} en ${to}`,
        `(cuántos|cuántas) ${to} (son|hay en|tiene|tienen) {value} ${from}`,
        `{value} ${from} en ${to}`,
      ],
    },
    set_timer: {
      templates: [
        '(pon|ponme|inicia|crea|programa) (un|el) temporizador (de|para|a|en) {seconds}',
        '(pon|ponme|inicia|crea|programa) un temporizador {name} de {seconds}',
        '(avísame|despiértame|recuérdame) (en|dentro de) {seconds}',
        'temporizador [de] {seconds}',
      ],
    },
    list_timers: {
      templates: [
        'cuánto (tiempo queda|tiempo falta|queda|falta) [(en|para|de) (el temporizador|temporizador)]',
        'qué temporizadores (hay|tengo|están activos)',
        '(lista|dime) [(mis|los)] temporizadores',
      ],
    },
    cancel_timer: {
      templates: [
        '(cancela|para|detén|borra|quita) (el|mi) temporizador [{name}]',
        '(cancela|para|detén|borra|quita) {all:todos=true} [(los|mis)] temporizadores',
      ],
    },
  },
  time: (epochMs, timeZone) => {
    const { hour, minute } = dateParts('es', epochMs, {
      hour: 'numeric',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone,
    });
    return Number(hour) === 1 ? `Es la ${Number(hour)}:${minute}.` : `Son las ${Number(hour)}:${minute}.`;
  },
  date: (epochMs, timeZone) => {
    const { weekday, month, day, year } = dateParts('es', epochMs, { dateStyle: 'full', timeZone });
    return `Hoy es ${weekday}, ${day} de ${month} de ${year}.`;
  },
  result: (value) => `El resultado es ${value}.`,
  converted: (value, fromUnit, result, toUnit) => `${value} ${fromUnit} son ${result} ${toUnit}.`,
  timerSet: (duration, name) =>
    name === undefined
      ? `Temporizador de ${duration} en marcha.`
      : `Temporizador ${name} de ${duration} en marcha.`,
  timersLeft: (timers) => {
    const [first, ...others] = timers;
    if (!first) return 'No hay ningún temporizador en marcha.';
    if (others.length === 0)
      return `${/^1 \S+$/.test(first.left) ? 'Queda' : 'Quedan'} ${first.left}${first.name === undefined ? '' : ` para ${first.name}`}${at(first.place)}.`;
    const each = timers.map(({ name, left, place }) => `${name ?? 'uno'}${at(place)} con ${left}`);
    return `Hay ${timers.length} temporizadores: ${each.slice(0, -1).join(', ')} y ${each.at(-1)}.`;
  },
  timerDone: (name) =>
    name === undefined ? 'El temporizador ha terminado.' : `El temporizador ${name} ha terminado.`,
  timerMissed: (name) =>
    name === undefined
      ? 'Un temporizador terminó mientras yo no estaba.'
      : `El temporizador ${name} terminó mientras yo no estaba.`,
  timersCancelled: (count) =>
    count === 0
      ? 'No hay tal temporizador.'
      : count === 1
        ? 'Temporizador cancelado.'
        : `${count} temporizadores cancelados.`,
  whichTimer: (count) =>
    `Hay ${count} temporizadores. Di el nombre de uno, o cancela todos los temporizadores.`,
  spans: {
    day: ['día', 'días'],
    hour: ['hora', 'horas'],
    minute: ['minuto', 'minutos'],
    second: ['segundo', 'segundos'],
    and: 'y',
  },
  power: (factor, exponent) => `aproximadamente ${factor} por 10 elevado a ${exponent}`,
};

function at(place: string | undefined): string {
  return place === undefined ? '' : ` en ${place}`;
}
