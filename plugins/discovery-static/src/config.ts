import type { Config, ConfigSchema } from '@tiercel/kernel';

const addressOf = (service: string) =>
  `Where ${service} is, instead of what services says; several addresses with commas between them`;

export const staticConfig = {
  services: {
    doc: 'Addresses by service: a list, or a text with commas or spaces between them. An empty text is not set, so a reference to a variable may stand here',
    format: 'record',
    default: {},
  },
  llm: {
    doc: addressOf('llm'),
    format: 'list',
    default: [],
    env: 'LLM_URL',
    aliases: ['LLM_URL_OVERRIDE'],
  },
  toolServerApi: {
    doc: addressOf('tool-server-api'),
    format: 'list',
    default: [],
    env: 'TOOL_SERVER_API_URL',
    aliases: ['TOOL_SERVER_API_URL_OVERRIDE'],
  },
  worldModelApi: {
    doc: addressOf('world-model-api'),
    format: 'list',
    default: [],
    env: 'WORLD_MODEL_API_URL',
    aliases: ['WORLD_MODEL_API_URL_OVERRIDE'],
  },
  tiercelSession: {
    doc: addressOf('tiercel-session'),
    format: 'list',
    default: [],
    env: 'TIERCEL_SESSION_URL',
    aliases: ['TIERCEL_SESSION_URL_OVERRIDE'],
  },
  ignoredToolServer: {
    doc: 'Not used: the older node never read this variable. A value only makes a warning; use TOOL_SERVER_URL or TOOL_SERVER_API_URL',
    format: String,
    default: '',
    env: 'TOOL_SERVER_URL_OVERRIDE',
  },
  ignoredWorldModel: {
    doc: 'Not used: this variable named another service in the older node. A value only makes a warning; use WORLD_MODEL_API_URL',
    format: String,
    default: '',
    env: 'WORLD_MODEL_URL',
  },
} as const satisfies ConfigSchema;

export type StaticConfig = Config<typeof staticConfig>;
