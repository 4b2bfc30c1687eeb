import { dateParts, type Language, type TimerLeft, unitSlot } from './language.js';

const units: Language['units'] = {
  millimeter: ['millimeter', 'millimeters', 'millimetre', 'millimetres', 'mm'],
  centimeter: ['centimeter', 'centimeters', 'centimetre', 'centimetres', 'cm'],
  meter: ['meter', 'meters', 'metre', 'metres', 'm'],
  kilometer: ['kilometer', 'kilometers', 'kilometre', 'kilometres', 'km', 'kms'],
  inch: ['inch', 'inches'],
  foot: ['foot', 'feet', 'ft'],
  yard: ['yard', 'yards'],
  mile: ['mile', 'miles'],
  nautical_mile: ['nautical mile', 'nautical miles'],
  square_meter: ['square meter', 'square meters', 'square metre', 'square metres'],
  square_foot: ['square foot', 'square feet'],
  hectare: ['hectare', 'hectares'],
  acre: ['acre', 'acres'],
  milligram: ['milligram', 'milligrams', 'mg'],
  gram: ['gram', 'grams', 'g'],
  kilogram: ['kilogram', 'kilograms', 'kilo', 'kilos', 'kg', 'kgs'],
  tonne: ['tonne', 'tonnes', 'metric ton', 'metric tons'],
  ounce: ['ounce', 'ounces', 'oz'],
  pound: ['pound', 'pounds', 'lb', 'lbs'],
  stone: ['stone', 'stones'],
  milliliter: ['milliliter', 'milliliters', 'millilitre', 'millilitres', 'ml'],
  liter: ['liter', 'liters', 'litre', 'litres'],
  teaspoon: ['teaspoon', 'teaspoons'],
  tablespoon: ['tablespoon', 'tablespoons'],
  fluid_ounce: ['fluid ounce', 'fluid ounces'],
  cup: ['cup', 'cups'],
  pint: ['pint', 'pints'],
  quart: ['quart', 'quarts'],
  gallon: ['gallon', 'gallons'],
  kelvin: ['kelvin', 'kelvin', 'degrees kelvin'],
  celsius: ['degree Celsius', 'degrees Celsius', 'celsius', 'degrees c', 'centigrade', 'degrees centigrade'],
  fahrenheit: ['degree Fahrenheit', 'degrees Fahrenheit', 'fahrenheit', 'degrees f'],
  second: ['second', 'seconds'],
  minute: ['minute', 'minutes'],
  hour: ['hour', 'hours'],
  day: ['day', 'days'],
  week: ['week', 'weeks'],
  meter_per_second: ['meter per second', 'meters per second', 'metres per second'],
  kilometer_per_hour: [
    'kilometer per hour',
    'kilometers per hour',
    'kilometres per hour',
    'km per hour',
    'kph',
    'km/h',
  ],
  mile_per_hour: ['mile per hour', 'miles per hour', 'mph'],
  knot: ['knot', 'knots'],
  joule: ['joule', 'joules'],
  kilojoule: ['kilojoule', 'kilojoules', 'kj'],
  kilocalorie: ['kilocalorie', 'kilocalories', 'calories', 'kcal'],
  kilowatt_hour: ['kilowatt hour', 'kilowatt hours', 'kwh'],
  kilobyte: ['kilobyte', 'kilobytes'],
  megabyte: ['megabyte', 'megabytes'],
  gigabyte: ['gigabyte', 'gigabytes'],
  terabyte: ['terabyte', 'terabytes'],
};
const from = unitSlot('from', units);
const to = unitSlot('to', units);

export const english: Language = {
  tag: 'en',
  units,
  phrases: {
    get_time: {
      templates: [
        'what time is it [(here|at the moment|right now)]',
        'what is the [(current|exact)] time',
        'what is the time (here|at the moment|right now)',
        '(tell|give) me the [current] time',
        '(tell me|do you know|do you have|have you got|say) (what time it is|the time)',
        '(the|current) time',
        'how late is it',
      ],
    },
    get_date: {
      templates: [
        'what day [of the week] is it [today]',
        'what day [of the week] is today',
        'what is the (date|day) [today]',
        "what is (today's|the current) (date|day)",
        'what (date|day of the month) is (it|today|it today)',
        'what month is it',
        'what year is it',
        'tell me (the date|what day it is) [today]',
        "(today's|the current) date",
      ],
    },
    calculate: {
      templates: [
        '(what is|how much is|calculate|compute|work out|what does) {expression} [(equal|make|equals)]',
        '{expression}',
        'what do you get if you (add|calculate) {expression}',
      ],
    },
    convert_units: {
      templates: [
        `convert {value} ${from} (to|into|in) ${to}`,
        `(what is|how much is|how much are|what are) {value} ${from} (in|to|into) ${to}`,
        `how many ${to} (are|is|make|are in|is in|are there in|in|do i get from) {value} ${from}`,
        `how many ${to} (are|is|make|are in|is in|are there in|in) a ${from} {value:=1}`,
        `{value} ${from} (in|to) ${to}`,
      ],
    },
    set_timer: {
      templates: [
        '(set|start|make|create|give me|i need|put) a timer (for|of|to|with|on) {seconds}',
        '(set|start|make|create|give me|i need) a {seconds} timer',
        '(set|start|make|create) a timer (called|named) {name} for {seconds}',
        '(set|start|make|create) a {seconds} timer (called|named|for) {name}',
        '(set|start|make|create) a {name} timer (for|of) {seconds}',
        'set the timer (for|to) {seconds}',
        '(remind|wake|call) me in {seconds}',
        'timer [for] {seconds}',
        '{seconds} timer',
        'count down {seconds}',
      ],
    },
    list_timers: {
      templates: [
        'how (much time|long) (is|do i have) [still] left [(on|for) (the|my) timer]',
        'how much [time] is left (on|for) (the|my) timer',
        'how (much longer|long) [does] [(the|my)] timer [(have|has|run|take)] [left]',
        'how much time [(does the timer have|has the timer)] left',
        '(what|which) timers (are|do i have) [(running|set|active|on)]',
        '(list|show|show me|check) [all] (the|my|all my|of my) (timer|timers)',
        'are there any timers [(running|set)]',
        'is (the|a|my) timer [still] running',
        'when (does|will|is) the timer (end|go off|ring|done|be done|over)',
      ],
    },
    cancel_timer: {
      templates: [
        '(cancel|stop|delete|clear|remove|end|turn off|switch off) (the|my|that|this) timer',
        '(cancel|stop|delete|clear|remove|end|turn off|switch off) {all:all=true|all of=true|every=true} [(the|my)] (timers|timer)',
        '(cancel|stop|delete|clear|remove|end|turn off) [my] timers {all:=true}',
        '(cancel|stop|delete|clear|remove|end) (the|my) {name} timer',
        '(cancel|stop|delete|clear|remove|end) (the|my) timer (called|named|for) {name}',
        'never mind the timer',
      ],
    },
  },
  time: (epochMs, timeZone) => {
    const { hour, minute, dayPeriod } = dateParts('en-US', epochMs, {
      hour: 'numeric',
      minute: '2-digit',
      timeZone,
    });
    return `It is ${hour}:${minute} ${dayPeriod}.`;
  },
  date: (epochMs, timeZone) => {
    const { weekday, month, day, year } = dateParts('en-US', epochMs, { dateStyle: 'full', timeZone });
    return `Today is ${weekday}, ${month} ${day}, ${year}.`;
  },
  result: (value) => `The answer is ${value}.`,
  converted: (value, fromUnit, result, toUnit) => `${value} ${fromUnit} is ${result} ${toUnit}.`,
  timerSet: (duration, name) =>
    name === undefined ? `Timer set for ${duration}.` : `Timer ${name} set for ${duration}.`,
  timersLeft: (timers) => {
    const [first, ...others] = timers;
    if (!first) return 'There is no timer running.';
    if (others.length === 0)
      return `There ${/^1 \S+$/.test(first.left) ? 'is' : 'are'} ${first.left} left${onTimer(first)}.`;
    const each = timers.map(({ name, left, place }) => `${name ?? 'one'}${at(place)} with ${left}`);
    return `There are ${timers.length} timers: ${each.slice(0, -1).join(', ')} and ${each.at(-1)}.`;
  },
  timerDone: (name) => (name === undefined ? 'The timer is done.' : `The timer ${name} is done.`),
  timerMissed: (name) =>
    name === undefined ? 'A timer ended while I was away.' : `The timer ${name} ended while I was away.`,
  timersCancelled: (count) =>
    count === 0 ? 'There is no such timer.' : count === 1 ? 'Timer cancelled.' : `${count} timers cancelled.`,
  whichTimer: (count) => `There are ${count} timers. Say the name of one, or cancel all timers.`,
  spans: {
    day: ['day', 'days'],
    hour: ['hour', 'hours'],
    minute: ['minute', 'minutes'],
    second: ['second', 'seconds'],
    and: 'and',
  },
  power: (factor, exponent) => `about ${factor} times 10 to the power of ${exponent}`,
};

function onTimer({ name, place }: TimerLeft): string {
  if (name === undefined && place === undefined) return '';
  return ` on the timer${name === undefined ? '' : ` ${name}`}${at(place)}`;
}

function at(place: string | undefined): string {
  return place === undefined ? '' : ` at ${place}`;
}
