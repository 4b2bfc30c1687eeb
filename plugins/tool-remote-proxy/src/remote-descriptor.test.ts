import { describe, expect, it } from '@jest/globals';
import type { Tool } from '@modelcontextprotocol/client';
import fc from 'fast-check';
import { describeRemote, type RemoteTool } from './remote-descriptor.js';

const rules = { prefix: '', server: 'core:8001', callTimeoutMs: 30_000, policyOf: () => undefined };

function listed(descriptor: unknown, given: Partial<Tool> = {}): Tool {
  return {
    name: 'set_lamp',
    description: 'Sets a lamp.',
    inputSchema: { type: 'object', properties: { device: { type: 'string', maxLength: 9 } } },
    _meta: { 'tiercel/descriptor': descriptor },
    ...given,
  };
}

function offered(tool: Tool): RemoteTool {
  const remote = describeRemote(tool, rules);
  if ('finding' in remote) throw new Error(remote.finding);
  return remote;
}

describe('describeRemote', () => {
  it.each<[string, unknown, object]>([
    ['an effect that it does not know', { effect: 'none' }, { effect: 'write' }],
    ['no effect', {}, { effect: 'write', weight: 'heavy', idempotent: false }],
    ['a promise that is none', { idempotent: 'yes' }, { idempotent: false }],
    [
      'limits beyond measure',
      { limits: { timeoutMs: 1e12, outputBytes: 1e12, concurrency: 1e12 } },
      { limits: { timeoutMs: 600_000, outputBytes: 1_048_576, concurrency: 64 } },
    ],
    [
      'limits that are none',
      { limits: { timeoutMs: -1, outputBytes: '9', concurrency: 0.5 } },
      { limits: { timeoutMs: 30_000, outputBytes: 65_536, concurrency: 4 } },
    ],
  ])('takes %s on the careful side', (_, descriptor, expected) => {
    expect(offered(listed(descriptor)).descriptor).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ['an argument that it does not have', { en: { templates: ['turn on {lamp}'] } }],
    ['an inherited name', { en: { templates: ['turn on {constructor}'] } }],
    ['an answer with an unknown argument', { en: { templates: ['turn on {device}'], answer: '{x}' } }],
    ['a language that is none', { 'en"': { templates: ['turn on {device}'] } }],
    ['templates that are no texts', { en: { templates: [{ text: 'turn on' }] } }],
    ['more templates than anyone reads', { en: { templates: Array(101).fill('turn on {device}') } }],
    ['an endless template', { en: { templates: ['x'.repeat(501)] } }],
    ['no templates', { en: {} }],
  ])('leaves out phrases with %s', (_, phrases) => {
    const { descriptor } = offered(listed({ effect: 'write', phrases, slots: { device: 'device' } }));

    expect(descriptor).not.toHaveProperty('phrases');
    expect(descriptor).not.toHaveProperty('slots');
  });

  it('keeps slots for arguments that it has', () => {
    const phrases = { en: { templates: ['turn on {device}'] } };
    const slots = { device: 'device', other: 'number', __proto__: 'text' };

    const { descriptor } = offered(listed({ phrases, slots: { ...slots, device: 'device' } }));

    expect(descriptor).toMatchObject({ phrases, slots: { device: 'device' } });
    expect(Object.keys(descriptor.slots ?? {})).toEqual(['device']);
  });

  it.each<[string, string]>([
    ['getWeather', 'get_weather'],
    ['list-all.files', 'list_all_files'],
    ['__init__', 'init'],
    ['2fast', 'fast'],
  ])('calls %s of somebody else %s', (name, expected) => {
    const tool = { name, inputSchema: { type: 'object' } } as const;

    expect(offered(tool).descriptor.name).toBe(expected);
  });

  it.each(['', '日本', '...', 'x'.repeat(80)])('cannot offer a tool called "%s"', (name) => {
    const tool = { name, inputSchema: { type: 'object' } } as const;

    expect(describeRemote(tool, rules)).toEqual({ finding: 'its name does not fit' });
  });

  it('takes names of ours as they are or not at all', () => {
    expect(describeRemote(listed({}, { name: 'setLamp' }), rules)).toEqual({
      finding: 'its name does not fit',
    });
  });

  it('keeps descriptions readable and short', () => {
    const description = `Sets\u001b[31m a\u0000 lamp.\u202e${'x'.repeat(10_000)}`;

    const { descriptor } = offered(listed({}, { description }));

    expect(descriptor.description).toMatch(/^Sets \[31m a {2}lamp\. x+$/);
    expect(descriptor.description.length).toBeLessThanOrEqual(4_000);
    expect(offered(listed({}, { description: ' \n ' })).descriptor.description).toBe('Tool set_lamp.');
  });

  it.each<[string, () => unknown]>([
    ['deep', () => nested(40)],
    ['wide', () => Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`p${index}`, {}]))],
    ['long', () => ({ a: { description: 'x'.repeat(30_000) } })],
  ])('does not offer a tool whose schema is too %s', (_, properties) => {
    const inputSchema = { type: 'object', properties: properties() } as Tool['inputSchema'];

    expect(describeRemote(listed({}, { inputSchema }), rules)).toEqual({
      finding: 'its parameters are too large',
    });
  });

  it('makes of anything that is no bomb a descriptor of plain, bounded data', () => {
    fc.assert(
      fc.property(
        fc.object({ maxDepth: 4 }),
        fc.dictionary(fc.string(), fc.json().map(parse)),
        (descriptor, properties) => {
          const inputSchema = { type: 'object', properties } as Tool['inputSchema'];

          const remote = describeRemote(listed(descriptor, { inputSchema }), rules);

          if ('finding' in remote) return;
          const { parameters } = remote.descriptor;
          expect(parameters).toMatchObject({ type: 'object', additionalProperties: false });
          expect(unboundedStrings(parameters)).toBe(0);
          expect(JSON.parse(JSON.stringify(remote.descriptor))).toEqual(remote.descriptor);
        },
      ),
    );
  });
});

function parse(json: string): unknown {
  // There is no -0 in what comes over the wire.
  return JSON.parse(json.replaceAll('-0', '0')) as unknown;
}

function nested(depth: number): unknown {
  return depth === 0 ? {} : { a: { type: 'object', properties: nested(depth - 1) } };
}

function unboundedStrings(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const { type } = node as { readonly type?: unknown };
  const isBounded = ['maxLength', 'enum', 'const'].some((key) => Object.hasOwn(node, key));
  const own = !Array.isArray(node) && [type].flat().includes('string') && !isBounded ? 1 : 0;
  return Object.values(node).reduce((sum: number, below) => sum + unboundedStrings(below), own);
}
