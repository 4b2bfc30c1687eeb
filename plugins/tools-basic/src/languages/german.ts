import { dateParts, type Language, unitSlot } from './language.js';

const units: Language['units'] = {
  millimeter: ['Millimeter', 'Millimeter', 'Millimetern', 'mm'],
  centimeter: ['Zentimeter', 'Zentimeter', 'Zentimetern', 'cm'],
  meter: ['Meter', 'Meter', 'Metern', 'm'],
  kilometer: ['Kilometer', 'Kilometer', 'Kilometern', 'km'],
  inch: ['Zoll', 'Zoll', 'inch'],
  foot: ['Fuß', 'Fuß'],
  yard: ['Yard', 'Yards'],
  mile: ['Meile', 'Meilen'],
  nautical_mile: ['Seemeile', 'Seemeilen'],
  square_meter: ['Quadratmeter', 'Quadratmeter', 'Quadratmetern'],
  square_foot: ['Quadratfuß', 'Quadratfuß'],
  hectare: ['Hektar', 'Hektar'],
  acre: ['Acre', 'Acre'],
  milligram: ['Milligramm', 'Milligramm', 'mg'],
  gram: ['Gramm', 'Gramm', 'g'],
  kilogram: ['Kilogramm', 'Kilogramm', 'Kilo', 'kg'],
  tonne: ['Tonne', 'Tonnen'],
  ounce: ['Unze', 'Unzen'],
  pound: ['amerikanisches Pfund', 'amerikanische Pfund', 'lb', 'lbs'],
  stone: ['Stone', 'Stone'],
  milliliter: ['Milliliter', 'Milliliter', 'Millilitern', 'ml'],
  liter: ['Liter', 'Liter', 'Litern'],
  teaspoon: ['Teelöffel', 'Teelöffel'],
  tablespoon: ['Esslöffel', 'Esslöffel'],
  fluid_ounce: ['Flüssigunze', 'Flüssigunzen'],
  cup: ['Cup', 'Cups'],
  pint: ['Pint', 'Pints'],
  quart: ['Quart', 'Quarts'],
  gallon: ['Gallone', 'Gallonen'],
  kelvin: ['Kelvin', 'Kelvin'],
  celsius: ['Grad Celsius', 'Grad Celsius', 'Celsius', 'Grad c'],
  fahrenheit: ['Grad Fahrenheit', 'Grad Fahrenheit', 'Fahrenheit', 'Grad f'],
  second: ['Sekunde', 'Sekunden'],
  minute: ['Minute', 'Minuten'],
  hour: ['Stunde', 'Stunden'],
  day: ['Tag', 'Tage', 'Tagen'],
  week: ['Woche', 'Wochen'],
  meter_per_second: ['Meter pro Sekunde', 'Meter pro Sekunde'],
  kilometer_per_hour: ['Kilometer pro Stunde', 'Kilometer pro Stunde', 'Stundenkilometer', 'km/h'],
  mile_per_hour: ['Meile pro Stunde', 'Meilen pro Stunde'],
  knot: ['Knoten', 'Knoten'],
  joule: ['Joule', 'Joule'],
  kilojoule: ['Kilojoule', 'Kilojoule'],
  kilocalorie: ['Kilokalorie', 'Kilokalorien', 'Kalorien'],
  kilowatt_hour: ['Kilowattstunde', 'Kilowattstunden', 'kwh'],
  kilobyte: ['Kilobyte', 'Kilobyte'],
  megabyte: ['Megabyte', 'Megabyte'],
  gigabyte: ['Gigabyte', 'Gigabyte'],
  terabyte: ['Terabyte', 'Terabyte'],
};
const from = unitSlot('from', units);
const to = unitSlot('to', units);

export const german: Language = {
  tag: 'de',
  units,
  phrases: {
    get_time: {
      templates: [
        '(wie spät|wie viel uhr|wieviel uhr) ist es [gerade]',
        '(sag|nenne|verrate) mir (die uhrzeit|wie spät es ist)',
        '(wie|was) ist die (uhrzeit|zeit)',
        'uhrzeit',
      ],
    },
    get_date: {
      templates: [
        '(welcher tag|welches datum|was für ein tag|der wievielte) ist heute',
        '(welchen tag|welches datum|den wievielten) haben wir [heute]',
        '(was|wie) ist das [heutige] datum',
        'sag mir das datum',
      ],
    },
    calculate: {
      templates: [
        '(was ist|wie viel ist|wieviel ist|was ergibt|wie viel sind|was sind|berechne) {expression}',
        '{expression}',
      ],
    },
    convert_units: {
      templates: [
        `(wie viel|wieviel|wie viele|was) (ist|sind) {value} ${from} in ${to}`,
        `(wie viel|wieviel|wie viele) ${to} (ist|sind|hat|haben) {value} ${from}`,
        `(wie viel|wieviel|wie viele) ${to} (ist|sind|hat|haben) eine ${from} {value:=1}`,
        `rechne {value} ${from} in ${to} um`,
        `{value} ${from} in ${to}`,
      ],
    },
    set_timer: {
      templates: [
        '(stelle|stell|setze|setz|starte|mach) [mir] (einen|den) timer (auf|für|von|mit|über) {seconds}',
        '(stelle|stell|starte|setze) [mir] einen timer {name} (auf|für|von) {seconds}',
        'einen timer (auf|für|von) {seconds} (stellen|starten|setzen)',
        '[einen] timer (auf|für|von) {seconds}',
        '(erinnere|wecke) mich in {seconds}',
      ],
    },
    list_timers: {
      templates: [
        'wie (lange|viel zeit) (läuft|hat|bleibt) [der|mein] timer [noch]',
        'wie (viel zeit|lange) (ist|bleibt|habe ich) noch [übrig]',
        'welche timer (laufen|gibt es|habe ich) [gerade]',
        '(zeige|zeig|nenne) [mir] (die|alle|meine) timer',
      ],
    },
    cancel_timer: {
      templates: [
        '(stoppe|stopp|beende|lösche|lösch) (den|meinen) timer [{name}]',
        'brich (den|meinen) timer [{name}] ab',
        '(stoppe|stopp|beende|lösche|lösch) {all:alle=true} [(meine|die)] timer',
        'brich {all:alle=true} [(meine|die)] timer ab',
      ],
    },
  },
  time: (epochMs, timeZone) => {
    const { hour, minute } = dateParts('de', epochMs, { hour: 'numeric', minute: '2-digit', timeZone });
    return `Es ist ${Number(hour)}:${minute} Uhr.`;
  },
  date: (epochMs, timeZone) => {
    const { weekday, month, day, year } = dateParts('de', epochMs, { dateStyle: 'full', timeZone });
    return `Heute ist ${weekday}, der ${day}. ${month} ${year}.`;
  },
  result: (value) => `Das Ergebnis ist ${value}.`,
  converted: (value, fromUnit, result, toUnit) => `${value} ${fromUnit} sind ${result} ${toUnit}.`,
  timerSet: (duration, name) =>
    name === undefined ? `Timer auf ${duration} gestellt.` : `Timer ${name} auf ${duration} gestellt.`,
  timersLeft: (timers) => {
    const [first, ...others] = timers;
    if (!first) return 'Es läuft kein Timer.';
    if (others.length === 0)
      return `Noch ${first.left}${first.name === undefined ? '' : ` für ${first.name}`}${at(first.place)}.`;
    const each = timers.map(({ name, left, place }) => `${name ?? 'einer'}${at(place)} mit ${left}`);
    return `Es laufen ${timers.length} Timer: ${each.slice(0, -1).join(', ')} und ${each.at(-1)}.`;
  },
  timerDone: (name) =>
    name === undefined ? 'Der Timer ist abgelaufen.' : `Der Timer ${name} ist abgelaufen.`,
  timerMissed: (name) =>
    name === undefined
      ? 'Ein Timer ist abgelaufen, während ich weg war.'
      : `Der Timer ${name} ist abgelaufen, während ich weg war.`,
  timersCancelled: (count) =>
    count === 0
      ? 'Es gibt keinen solchen Timer.'
      : count === 1
        ? 'Timer gelöscht.'
        : `${count} Timer gelöscht.`,
  whichTimer: (count) => `Es laufen ${count} Timer. Nenne einen beim Namen, oder lösche alle Timer.`,
  spans: {
    day: ['Tag', 'Tage'],
    hour: ['Stunde', 'Stunden'],
    minute: ['Minute', 'Minuten'],
    second: ['Sekunde', 'Sekunden'],
    and: 'und',
  },
  power: (factor, exponent) => `ungefähr ${factor} mal 10 hoch ${exponent}`,
};

function at(place: string | undefined): string {
  return place === undefined ? '' : ` bei ${place}`;
}
