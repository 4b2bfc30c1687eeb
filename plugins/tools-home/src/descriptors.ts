import type { ToolDescriptor, ToolPolicy } from '@tiercel/capabilities/tool-provider';

const device = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  description: 'Id or name of the device, for example living-room-lamp',
};

export const listDevices: ToolDescriptor = {
  name: 'list_devices',
  legacy: { tool: 'home', method: 'list_devices' },
  description: 'Lists the devices of the home with their state.',
  parameters: { type: 'object', additionalProperties: false, properties: {} },
  effect: 'read',
  weight: 'light',
  phrases: {
    en: {
      templates: [
        '(what|which) devices (are there|do you (know|have|see)|do i have|can (you|i) control)',
        '(list|show me) [all] [my|our] devices',
        'what can you (control|turn on|switch on)',
      ],
    },
    de: {
      templates: [
        'welche geräte (gibt es|kennst du|habe ich|kannst du (steuern|schalten))',
        '(zeige|zeig|nenne) [mir] [alle|meine|alle meine] geräte',
      ],
    },
    fr: {
      templates: [
        '(quels|quelles) (appareils|sont les appareils) [(connais tu|y a t il|peux tu contrôler)]',
        '(liste|donne moi) [tous] [les|mes] appareils',
      ],
    },
    es: {
      templates: [
        'qué dispositivos (hay|conoces|tengo|puedes controlar)',
        '(lista|dime) [todos] [mis] dispositivos',
      ],
    },
  },
};

export const getDevice: ToolDescriptor = {
  name: 'get_device',
  legacy: { tool: 'home', method: 'get_device' },
  description: 'Tells the state of one device of the home.',
  parameters: { type: 'object', additionalProperties: false, properties: { device }, required: ['device'] },
  effect: 'read',
  weight: 'light',
  slots: { device: 'device' },
  phrases: {
    en: {
      templates: [
        'is {device} [still|currently] [turned|switched] (on|off|on or off)',
        '(what is|tell me|check|get) [the] [current] (state|status) of {device}',
        'how (is|bright is) {device}',
        'check [on] {device}',
      ],
    },
    de: {
      templates: [
        'ist {device} [noch|gerade] (an|aus|ein|eingeschaltet|ausgeschaltet|an oder aus)',
        '(wie|was) ist [der] (zustand|status) von {device}',
      ],
    },
    fr: {
      templates: [
        '[est ce que] {device} est [elle|il] (allumé|allumée|éteint|éteinte)',
        'quel est [le] état de {device}',
        'est ce que {device} est (allumé|allumée|éteint|éteinte)',
      ],
    },
    es: {
      templates: [
        'está (encendido|encendida|apagado|apagada) {device}',
        '{device} está (encendido|encendida|apagado|apagada)',
        '(cuál es|dime) [el] estado de {device}',
      ],
    },
  },
};

/** @param policy of the owner of the node */
export function setDevice(policy: ToolPolicy): ToolDescriptor {
  return {
    name: 'set_device',
    legacy: { tool: 'home', method: 'set_device' },
    description:
      'Turns one device of the home on or off, and sets the brightness of lights that can be dimmed.',
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        device,
        state: { type: 'string', enum: ['on', 'off'] },
        brightness: {
          type: 'integer',
          minimum: 0,
          maximum: 100,
          description: 'Percent; only for lights that have one',
        },
      },
      required: ['device', 'state'],
    },
    effect: 'write',
    weight: 'light',
    idempotent: true,
    policy,
    slots: { device: 'device', brightness: 'number' },
    phrases: {
      en: {
        templates: [
          '(turn|switch|put) {state:on|off} {device}',
          '(turn|switch|put) {device} {state:on|off}',
          '{device} {state:on|off}',
          '(activate|enable) {device} {state:=on}',
          '(deactivate|disable|shut off) {device} {state:=off}',
          '(set|turn|dim|put|bring) {device} [(up|down)] to {brightness} percent [brightness] {state:=on}',
          '(set|turn|change) brightness of {device} to {brightness} percent {state:=on}',
          '(turn|switch) on {device} at {brightness} percent {state:=on}',
        ],
        answer: '{device} is {state}.',
      },
      de: {
        templates: [
          '(schalte|schalt|mache|mach|dreh) {device} {state:ein=on|an=on|aus=off}',
          '{device} {state:einschalten=on|anschalten=on|anmachen=on|an=on|ausschalten=off|ausmachen=off|aus=off}',
          '(stelle|stell|setze|dimme|dimm) {device} auf {brightness} prozent {state:=on}',
        ],
        answer: '{device} ist {state}.',
      },
      fr: {
        templates: [
          '{state:allume=on|allumez=on|allumer=on|éteins=off|éteignez=off|éteindre=off} {device}',
          '(mets|règle|baisse|monte) {device} à {brightness} pour cent {state:=on}',
        ],
      },
      es: {
        templates: [
          '{state:enciende=on|encienda=on|encender=on|prende=on|apaga=off|apague=off|apagar=off} {device}',
          '(pon|ajusta|baja|sube) {device} (al|a) {brightness} por ciento {state:=on}',
        ],
      },
    },
  };
}
