import type { Device } from './device.js';

/** What is said about devices in one language. */
export interface Sentences {
  /** After a change. */
  changed(device: Device, state: string, brightness: number | undefined): string;
  /** On request. */
  observed(device: Device): string;
  listed(devices: readonly Device[]): string;
}

const MOST_NAMES = 8;

const english: Sentences = {
  changed: ({ name }, state, brightness) =>
    brightness === undefined
      ? `${capital(name)} is ${state}.`
      : `${capital(name)} is ${state} at ${brightness} percent.`,
  observed: ({ name, facts: { state, brightness } }) => {
    const who = /^(?:the|my|our)\b|^\S+['’]s\b/i.test(name) ? capital(name) : `The ${name}`;
    if (!isSayable(state)) return `I don't know the state of ${who.charAt(0).toLowerCase() + who.slice(1)}.`;
    const level = state === 'on' && typeof brightness === 'number' ? ` at ${brightness} percent` : '';
    return `${who} is ${state}${level}.`;
  },
  listed: (devices) => {
    const names = enumerate(devices, 'and');
    if (devices.length === 0) return 'There are no devices.';
    if (devices.length === 1) return `There is one device: ${names}.`;
    return devices.length > MOST_NAMES
      ? `There are ${devices.length} devices, among them ${names}.`
      : `There are ${devices.length} devices: ${names}.`;
  },
};

const german: Sentences = {
  changed: ({ name }, state, brightness) =>
    `${capital(name)} ist ${say(state, 'an', 'aus')}${brightness === undefined ? '' : `, ${brightness} Prozent`}.`,
  observed: ({ name, facts: { state } }) =>
    isSayable(state)
      ? `${capital(name)} ist ${say(state, 'an', 'aus')}.`
      : `Der Zustand von ${name} ist nicht bekannt.`,
  listed: (devices) => {
    if (devices.length === 0) return 'Es gibt keine Geräte.';
    if (devices.length === 1) return `Es gibt ein Gerät: ${enumerate(devices, 'und')}.`;
    const names = enumerate(devices, 'und');
    return `Es gibt ${devices.length} Geräte${devices.length > MOST_NAMES ? ', darunter' : ':'} ${names}.`;
  },
};

// French and Spanish names do not tell their gender, so the state stands apart.
const french: Sentences = {
  changed: ({ name }, state, brightness) =>
    `${capital(name)} : ${say(state, 'allumé', 'éteint')}${brightness === undefined ? '' : `, ${brightness} pour cent`}.`,
  observed: ({ name, facts: { state } }) =>
    `${capital(name)} : ${isSayable(state) ? say(state, 'allumé', 'éteint') : 'état inconnu'}.`,
  listed: (devices) => {
    if (devices.length === 0) return "Il n'y a aucun appareil.";
    const count = devices.length === 1 ? 'un appareil' : `${devices.length} appareils`;
    return `Il y a ${count}${devices.length > MOST_NAMES ? ', dont' : ' :'} ${enumerate(devices, 'et')}.`;
  },
};

const spanish: Sentences = {
  changed: ({ name }, state, brightness) =>
    `${capital(name)}: ${say(state, 'encendido', 'apagado')}${brightness === undefined ? '' : `, ${brightness} por ciento`}.`,
  observed: ({ name, facts: { state } }) =>
    `${capital(name)}: ${isSayable(state) ? say(state, 'encendido', 'apagado') : 'estado desconocido'}.`,
  listed: (devices) => {
    if (devices.length === 0) return 'No hay dispositivos.';
    const count = devices.length === 1 ? 'un dispositivo' : `${devices.length} dispositivos`;
    return `Hay ${count}${devices.length > MOST_NAMES ? ', entre ellos' : ':'} ${enumerate(devices, 'y')}.`;
  },
};

const sentencesByLanguage = new Map([
  ['en', english],
  ['de', german],
  ['fr', french],
  ['es', spanish],
]);

/** English where the language is not known. */
export function findSentences(language: string | undefined): Sentences {
  return sentencesByLanguage.get(language?.split('-')[0]?.toLowerCase() ?? 'en') ?? english;
}

function enumerate(devices: readonly Device[], and: string): string {
  const names = devices.slice(0, MOST_NAMES).map(({ name }) => name);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} ${and} ${last}`;
}

function say(state: unknown, on: string, off: string): string {
  return state === 'on' ? on : state === 'off' ? off : String(state);
}

function isSayable(state: unknown): state is string | number {
  return (typeof state === 'string' && state !== '') || typeof state === 'number';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
