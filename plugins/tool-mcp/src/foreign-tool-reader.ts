import { setImmediate as turn } from 'node:timers/promises';
import type { Tool } from '@modelcontextprotocol/client';
import type { JsonSchema, ToolEffect } from '@tiercel/capabilities/tool-provider';
import { completeSchema } from './complete-schema.js';
import { createForeignTool, effectOf, type ForeignTool, namesOf } from './foreign-tool.js';
import { matchesAny } from './match-name.js';
import { measureSchema } from './measure-schema.js';
import type { ServerSettings } from './settings.js';
import { hashedName, toolName } from './tool-name.js';

const MAX_TOOLS = 256;
/** Of all schemas together: compiling them takes about a quarter of a millisecond for each part. */
const MAX_PARTS = 16_000;

export interface ForeignTools {
  readonly tools: readonly ForeignTool[];
  /** What a server offers and nobody gets, with the reason. Not those that the owner of the node left out. */
  readonly leftOut: readonly { readonly tool: string; readonly finding: string }[];
  /** Keys of the owner's `tools` that fit nothing the server lists: perhaps a slip, perhaps a rule that does not hold. */
  readonly unused: readonly string[];
}

type Schema = JsonSchema | { readonly finding: string };

/**
 * Makes tools of this node from what a server lists, again and again. It remembers what each tool was taken for: a server may
 * later call it more dangerous, never less.
 */
export class ForeignToolReader {
  readonly #settings: ServerSettings;
  readonly #effects = new Map<string, ToolEffect>();
  /** Of the latest list, by how the server writes them. */
  #schemas: ReadonlyMap<string, Schema> = new Map();

  constructor(settings: ServerSettings) {
    this.#settings = settings;
  }

  async read(listed: readonly Tool[]): Promise<ForeignTools> {
    const { prefix, tools: owned } = this.#settings;
    const { wanted, leftOut } = this.#choose(listed);
    const schemas = await this.#complete(wanted);
    const counts = countOf(wanted.map(({ name }) => toolName(prefix, name)));
    const tools: ForeignTool[] = [];
    for (const tool of wanted) {
      const parameters = schemas.get(tool) ?? { finding: TOO_MANY_PARTS };
      if (isFinding(parameters)) {
        leftOut.push({ tool: shortened(tool.name), finding: parameters.finding });
        continue;
      }
      const plain = toolName(prefix, tool.name);
      const name = counts.get(plain) === 1 ? plain : hashedName(plain, tool.name);
      const effect = strictest(this.#effects.get(tool.name), effectOf(tool));
      this.#effects.set(tool.name, effect);
      tools.push(createForeignTool(this.#settings, tool, { name, effect, parameters }));
    }
    const known = new Set(listed.flatMap(namesOf));
    return { tools, leftOut, unused: [...owned.keys()].filter((name) => !known.has(name)) };
  }

  #choose(listed: readonly Tool[]) {
    const { allow, deny } = this.#settings;
    const leftOut: { readonly tool: string; readonly finding: string }[] = [];
    const wanted = new Map<string, Tool>();
    for (const tool of listed) {
      const names = namesOf(tool);
      if (!matchesAny(allow, names) || matchesAny(deny, names)) continue;
      const leaveOut = (finding: string) => leftOut.push({ tool: shortened(tool.name), finding });
      if (wanted.has(tool.name)) leaveOut('the server lists it twice');
      else if (wanted.size === MAX_TOOLS) leaveOut(`the server lists more than ${MAX_TOOLS} tools`);
      else wanted.set(tool.name, tool);
    }
    return { wanted: [...wanted.values()], leftOut };
  }

  /** Compiles what is new, with turns for others in between. */
  async #complete(tools: readonly Tool[]): Promise<ReadonlyMap<Tool, Schema>> {
    const before = this.#schemas;
    const now = new Map<string, Schema>();
    const found = new Map<Tool, Schema>();
    let parts = 0;
    for (const tool of tools) {
      const size = measureSchema(tool.inputSchema);
      if (size.isTooLarge) {
        found.set(tool, { finding: 'its schema is too large' });
        continue;
      }
      parts += size.parts;
      if (parts > MAX_PARTS) break;
      const text = JSON.stringify(tool.inputSchema);
      const known = now.get(text) ?? before.get(text);
      if (!known) await turn();
      const schema = known ?? completeSchema(tool.inputSchema);
      now.set(text, schema);
      found.set(tool, schema);
    }
    this.#schemas = now;
    return found;
  }
}

const TOO_MANY_PARTS = 'the schemas of the server are too large together';

function shortened(name: string): string {
  return name.slice(0, 64);
}

const strictness: readonly ToolEffect[] = ['read', 'write', 'destructive'];

function strictest(before: ToolEffect | undefined, now: ToolEffect): ToolEffect {
  return before !== undefined && strictness.indexOf(before) > strictness.indexOf(now) ? before : now;
}

function countOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function isFinding(schema: Schema): schema is { readonly finding: string } {
  return 'finding' in schema;
}
