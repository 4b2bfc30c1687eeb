import { afterEach, describe, expect, it } from '@jest/globals';
import type { ToolDescriptor, ToolProvider } from './tool-provider.js';

export interface OpenToolProvider {
  readonly provider: ToolProvider;
  close(): Promise<void> | void;
}

export interface ToolProviderContractOptions {
  /** A call that succeeds on a fresh provider. */
  readonly call: { readonly name: string; readonly args: Readonly<Record<string, unknown>> };
}

/** Rules that every set of tools keeps. `open` makes a fresh one for each case. */
export function describeToolProviderContract(
  title: string,
  open: () => Promise<OpenToolProvider> | OpenToolProvider,
  { call }: ToolProviderContractOptions,
): void {
  describe(`${title} as ToolProvider`, () => {
    const opened: OpenToolProvider[] = [];
    const openTools = async () => {
      const tools = await open();
      opened.push(tools);
      return tools.provider;
    };
    const listTools = async () => (await openTools()).list();
    afterEach(async () => {
      for (const tools of opened.splice(0).reverse()) await tools.close();
    });

    it('names its tools in lower case with underscores, each once', async () => {
      const names = (await listTools()).map(({ name }) => name);

      expect(names).not.toHaveLength(0);
      expect(names.filter((name) => !/^[a-z][a-z0-9_]{0,63}$/.test(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
    });

    it('describes its tools, what they change and where they belong', async () => {
      for (const tool of await listTools()) {
        expect(tool.description.trim()).not.toBe('');
        expect(['read', 'write', 'destructive']).toContain(tool.effect);
        expect(['light', 'heavy']).toContain(tool.weight);
      }
    });

    it('takes objects without further properties, and strings with a bound', async () => {
      for (const { name, parameters } of await listTools()) {
        expect({ name, ...parameters }).toMatchObject({ name, type: 'object', additionalProperties: false });
        expect({ name, unbounded: unboundedStrings(parameters) }).toEqual({ name, unbounded: [] });
      }
    });

    it('declares slots and answers only for arguments that exist', async () => {
      for (const tool of await listTools()) {
        expect({ tool: tool.name, unknown: unknownArguments(tool) }).toEqual({
          tool: tool.name,
          unknown: [],
        });
      }
    });

    it('lists plain data that survives a process border', async () => {
      const tools = await listTools();

      expect(JSON.parse(JSON.stringify(tools))).toEqual(tools);
    });

    it('calls a listed tool and returns JSON', async () => {
      const provider = await openTools();
      expect((await provider.list()).map(({ name }) => name)).toContain(call.name);

      const result = await provider.call(call.name, call.args);

      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
      expect(['string', 'undefined']).toContain(typeof result.spoken);
      expect(result.spoken).not.toBe('');
    });

    it('answers in some words for a language it does not know', async () => {
      const provider = await openTools();

      const result = await provider.call(call.name, call.args, { language: 'tlh' });

      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    });

    it('refuses names that are not on its list, also those every object has', async () => {
      const provider = await openTools();

      for (const name of [
        'no_such_tool',
        '',
        'constructor',
        '__proto__',
        'toString',
        'list',
        'call',
        'then',
      ]) {
        await expect(provider.call(name, {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
      }
    });

    it('does nothing when its signal has aborted before', async () => {
      const provider = await openTools();
      const reason = new Error('enough');

      await expect(provider.call(call.name, call.args, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
    });

    it('leaves the arguments alone', async () => {
      const provider = await openTools();
      const args = structuredClone(call.args);

      await provider.call(call.name, args);

      expect(args).toEqual(call.args);
    });

    it('serves calls at once', async () => {
      const provider = await openTools();

      const outcomes = await Promise.allSettled([
        provider.call('no_such_tool', {}),
        provider.call(call.name, call.args),
        provider.call(call.name, call.args),
      ]);

      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    });
  });
}

function unboundedStrings(schema: unknown, path = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const node = schema as Readonly<Record<string, unknown>>;
  const isUnbounded =
    node.type === 'string' && !['maxLength', 'enum', 'const'].some((keyword) => Object.hasOwn(node, keyword));
  const below = Object.entries(node).flatMap(([key, value]) => unboundedStrings(value, `${path}/${key}`));
  return isUnbounded ? [path, ...below] : below;
}

function unknownArguments({ parameters, phrases = {}, slots = {} }: ToolDescriptor): readonly string[] {
  const known = new Set(Object.keys((parameters.properties as object | undefined) ?? {}));
  const spoken = Object.values(phrases).flatMap(({ templates, answer = '' }) =>
    [...templates, answer].flatMap((text) =>
      Array.from(text.matchAll(/\{\s*([^}:\s]+)/g), (match) => match[1] ?? ''),
    ),
  );
  return [...Object.keys(slots), ...spoken].filter((argument) => !known.has(argument));
}
