import { dateParts, type Language, unitSlot } from './language.js';

const units: Language['units'] = {
  millimeter: ['millimètre', 'millimètres', 'mm'],
  centimeter: ['centimètre', 'centimètres', 'cm'],
  meter: ['mètre', 'mètres', 'm'],
  kilometer: ['kilomètre', 'kilomètres', 'km'],
  inch: ['pouce', 'pouces'],
  foot: ['pied', 'pieds'],
  yard: ['yard', 'yards'],
  mile: ['mile', 'miles'],
  nautical_mile: ['mille marin', 'milles marins'],
  square_meter: ['mètre carré', 'mètres carrés'],
  square_foot: ['pied carré', 'pieds carrés'],
  hectare: ['hectare', 'hectares'],
  acre: ['acre', 'acres'],
  milligram: ['milligramme', 'milligrammes', 'mg'],
  gram: ['gramme', 'grammes', 'g'],
  kilogram: ['kilogramme', 'kilogrammes', 'kilo', 'kilos', 'kg'],
  tonne: ['tonne', 'tonnes'],
  ounce: ['once', 'onces'],
  pound: ['livre', 'livres'],
  stone: ['stone', 'stones'],
  milliliter: ['millilitre', 'millilitres', 'ml'],
  liter: ['litre', 'litres'],
  teaspoon: ['cuillère à café', 'cuillères à café'],
  tablespoon: ['cuillère à soupe', 'cuillères à soupe'],
  fluid_ounce: ['once liquide', 'onces liquides'],
  cup: ['tasse', 'tasses'],
  pint: ['pinte', 'pintes'],
  quart: ['quart américain', 'quarts américains'],
  gallon: ['gallon', 'gallons'],
  kelvin: ['kelvin', 'kelvins'],
  celsius: ['degré Celsius', 'degrés Celsius', 'Celsius', 'degrés c'],
  fahrenheit: ['degré Fahrenheit', 'degrés Fahrenheit', 'Fahrenheit', 'degrés f'],
  second: ['seconde', 'secondes'],
  minute: ['minute', 'minutes'],
  hour: ['heure', 'heures'],
  day: ['jour', 'jours'],
  week: ['semaine', 'semaines'],
  meter_per_second: ['mètre par seconde', 'mètres par seconde'],
  kilometer_per_hour: [
    'kilomètre heure',
    'kilomètres heure',
    'kilomètres par heure',
    "kilomètres à l'heure",
    'km/h',
  ],
  mile_per_hour: ['mile par heure', 'miles par heure', "miles à l'heure"],
  knot: ['nœud', 'nœuds', 'noeud', 'noeuds'],
  joule: ['joule', 'joules'],
  kilojoule: ['kilojoule', 'kilojoules'],
  kilocalorie: ['kilocalorie', 'kilocalories', 'calories'],
  kilowatt_hour: ['kilowattheure', 'kilowattheures', 'kwh'],
  kilobyte: ['kilooctet', 'kilooctets'],
  megabyte: ['mégaoctet', 'mégaoctets'],
  gigabyte: ['gigaoctet', 'gigaoctets'],
  terabyte: ['téraoctet', 'téraoctets'],
};
const from = unitSlot('from', units);
const to = unitSlot('to', units);

export const french: Language = {
  tag: 'fr',
  units,
  phrases: {
    get_time: {
      templates: [
        'quelle heure est-il',
        'il est quelle heure',
        'quelle heure (il est|est ce)',
        '(dis|donne) moi (heure|quelle heure il est)',
        'quelle est heure',
      ],
    },
    get_date: {
      templates: [
        'quel jour (sommes-nous|est-on|est-ce) [aujourd hui]',
        '(on est|nous sommes) quel jour [aujourd hui]',
        'quelle est la date [(du jour|aujourd hui)]',
        'quelle date (sommes-nous|est-on) [aujourd hui]',
        'donne moi la date',
      ],
    },
    calculate: {
      templates: ['(combien (font|fait|est)|combien ça fait|calcule|quel est) {expression}', '{expression}'],
    },
    convert_units: {
      templates: [
        `(convertis|convertir) {value} ${from} en ${to}`,
        `combien (font|fait) {value} ${from} en ${to}`,
        `combien de ${to} (font|fait|dans|y a t il dans) {value} ${from}`,
        `combien d ${to} (font|fait|dans|y a t il dans) {value} ${from}`,
        `{value} ${from} en ${to}`,
      ],
    },
    set_timer: {
      templates: [
        '(mets|mettez|lance|démarre|règle|programme) [moi] (un|le) (minuteur|timer|compte à rebours) (de|pour|sur|à|d) {seconds}',
        '(mets|lance|démarre|programme) un (minuteur|timer) {name} de {seconds}',
        '(rappelle|réveille) moi dans {seconds}',
        '(minuteur|timer) [de] {seconds}',
      ],
    },
    list_timers: {
      templates: [
        'combien de temps (reste t il|il reste|reste) [(sur|pour) le (minuteur|timer)]',
        'il reste combien de temps',
        'quels (minuteurs|timers) [(sont actifs|tournent|y a t il)]',
        '(liste|montre) [moi] [(mes|tous mes)] (minuteurs|timers)',
      ],
    },
    cancel_timer: {
      templates: [
        '(annule|arrête|supprime|stoppe) (le|mon) (minuteur|timer) [{name}]',
        '(annule|arrête|supprime|stoppe) {all:tous=true} [(les|mes)] (minuteurs|timers)',
      ],
    },
  },
  time: (epochMs, timeZone) => {
    const { hour, minute } = dateParts('fr', epochMs, { hour: 'numeric', minute: '2-digit', timeZone });
    return `Il est ${Number(hour)} h ${minute}.`;
  },
  date: (epochMs, timeZone) => {
    const { weekday, month, day, year } = dateParts('fr', epochMs, { dateStyle: 'full', timeZone });
    return `Nous sommes le ${weekday} ${day} ${month} ${year}.`;
  },
  result: (value) => `Le résultat est ${value}.`,
  converted: (value, fromUnit, result, toUnit) => `${value} ${fromUnit} font ${result} ${toUnit}.`,
  timerSet: (duration, name) =>
    name === undefined ? `Minuteur réglé : ${duration}.` : `Minuteur ${name} réglé : ${duration}.`,
  timersLeft: (timers) => {
    const [first, ...others] = timers;
    if (!first) return "Il n'y a pas de minuteur en cours.";
    if (others.length === 0)
      return `Il reste ${first.left}${first.name === undefined ? '' : ` pour ${first.name}`}${at(first.place)}.`;
    const each = timers.map(({ name, left, place }) => `${name ?? 'un'}${at(place)} avec ${left}`);
    return `Il y a ${timers.length} minuteurs : ${each.slice(0, -1).join(', ')} et ${each.at(-1)}.`;
  },
  timerDone: (name) => (name === undefined ? 'Le minuteur est terminé.' : `Le minuteur ${name} est terminé.`),
  timerMissed: (name) =>
    name === undefined
      ? "Un minuteur s'est terminé pendant mon absence."
      : `Le minuteur ${name} s'est terminé pendant mon absence.`,
  timersCancelled: (count) =>
    count === 0
      ? "Ce minuteur n'existe pas."
      : count === 1
        ? 'Minuteur annulé.'
        : `${count} minuteurs annulés.`,
  whichTimer: (count) =>
    `Il y a ${count} minuteurs. Dites le nom de l'un d'eux, ou annulez tous les minuteurs.`,
  spans: {
    day: ['jour', 'jours'],
    hour: ['heure', 'heures'],
    minute: ['minute', 'minutes'],
    second: ['seconde', 'secondes'],
    and: 'et',
  },
  power: (factor, exponent) => `environ ${factor} fois 10 puissance ${exponent}`,
};

function at(place: string | undefined): string {
  return place === undefined ? '' : ` sur ${place}`;
}
