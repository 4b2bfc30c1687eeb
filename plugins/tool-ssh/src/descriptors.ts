import type { JsonSchema, ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import { schemaOf } from './parameter.js';
import type { CommandToolSettings, ToolSettings, TransferToolSettings } from './settings.js';

/** What the registry, and through it the model, gets to know of a tool: never an address, a user or a command. */
export function descriptorOf(settings: ToolSettings): ToolDescriptor {
  const { name, description, effect, weight, idempotent, policy, limits } = settings;
  return {
    name,
    description,
    effect,
    weight,
    limits,
    ...(idempotent !== undefined && { idempotent }),
    ...(policy !== undefined && { policy }),
    ...(settings.kind === 'command' ? commandPart(settings) : transferPart(settings)),
  };
}

function commandPart(
  settings: CommandToolSettings,
): Pick<ToolDescriptor, 'parameters' | 'phrases' | 'slots'> {
  const { parameters, phrases } = settings;
  const slots = parameters.flatMap(({ name, slot }) => (slot === undefined ? [] : [[name, slot] as const]));
  const properties = Object.fromEntries(parameters.map((parameter) => [parameter.name, schemaOf(parameter)]));
  const required = parameters.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return {
    parameters: objectOf(settings, properties, required),
    ...(phrases && { phrases }),
    ...(slots.length > 0 && { slots: Object.fromEntries(slots) }),
  };
}

function transferPart(settings: TransferToolSettings): Pick<ToolDescriptor, 'parameters'> {
  const isGet = settings.kind === 'get';
  const remotePath = pathSchema('Path on the host, relative to the folder of this tool');
  const localPath = pathSchema('Path on this machine, relative to the folder of this tool');
  const nameless = { description: 'Default: the same name in the folder itself' };
  return {
    parameters: objectOf(
      settings,
      isGet
        ? {
            remotePath,
            localPath: { ...localPath, description: `${localPath.description}. ${nameless.description}` },
          }
        : {
            localPath,
            remotePath: { ...remotePath, description: `${remotePath.description}. ${nameless.description}` },
          },
      [isGet ? 'remotePath' : 'localPath'],
    ),
  };
}

function pathSchema(description: string) {
  return { type: 'string', minLength: 1, maxLength: 1_024, description } as const;
}

/** Of several hosts, the model names one; a single one needs no word. */
function objectOf(
  { hosts }: ToolSettings,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  const host = { type: 'string', enum: hosts.map(({ name }) => name), description: 'Machine to work on' };
  const isChoice = hosts.length > 1;
  return {
    type: 'object',
    additionalProperties: false,
    properties: { ...(isChoice && { host }), ...properties },
    required: [...(isChoice ? ['host'] : []), ...required],
  };
}
