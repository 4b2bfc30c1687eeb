import type { Tool } from '@modelcontextprotocol/client';
import type { JsonSchema, ToolDescriptor, ToolEffect } from '@tiercel/capabilities/tool-provider';
import type { ServerSettings, ToolSettings } from './settings.js';
import { toolName } from './tool-name.js';

const MAX_DESCRIPTION = 1_024;

/** A tool of a server, with what our side says about it. */
export interface ForeignTool {
  readonly descriptor: ToolDescriptor;
  readonly tool: Tool;
  /** Longest run of one call. */
  readonly timeoutMs: number;
}

/** What is decided about a tool before it is described. */
export interface Decided {
  readonly name: string;
  readonly effect: ToolEffect;
  readonly parameters: JsonSchema;
}

export function createForeignTool(
  settings: ServerSettings,
  tool: Tool,
  { name, effect, parameters }: Decided,
): ForeignTool {
  const own = ownSettings(settings, tool);
  const { policy, weight = 'light', idempotent, outputBytes, concurrency } = own;
  const timeoutMs = own.timeoutMs ?? settings.timeoutMs;
  return {
    tool,
    timeoutMs,
    descriptor: {
      name,
      description: descriptionOf(tool) || `Tool of the MCP server ${settings.name}.`,
      parameters,
      effect: own.effect ?? effect,
      weight,
      // Only the owner's word: a call that is done twice by mistake costs more than one that is not repeated.
      ...(idempotent !== undefined && { idempotent }),
      ...(policy !== undefined && { policy }),
      limits: {
        timeoutMs,
        ...(outputBytes !== undefined && { outputBytes }),
        ...(concurrency !== undefined && { concurrency }),
      },
    },
  };
}

/** What the owner may call it: as the server does, or as we do without the prefix. */
export function namesOf({ name }: Tool): readonly string[] {
  return [name, toolName('', name)];
}

function ownSettings({ tools }: ServerSettings, tool: Tool): Partial<ToolSettings> {
  const [found] = namesOf(tool).flatMap((name) => tools.get(name) ?? []);
  return found ?? {};
}

function descriptionOf({ description, title, annotations }: Tool): string {
  return [description, title, annotations?.title]
    .map((text) => (text ?? '').replace(/[^\P{Cc}\n]|\p{Cs}/gu, ' ').trim())
    .filter((text) => text !== '')
    .slice(0, 1)
    .join('')
    .slice(0, MAX_DESCRIPTION)
    .replace(/\p{Cs}/gu, '');
}

/** Annotations are hints of a stranger: without one a tool changes something. */
export function effectOf({ annotations }: Tool): ToolEffect {
  if (annotations?.readOnlyHint === true) return 'read';
  return annotations?.destructiveHint === true ? 'destructive' : 'write';
}
