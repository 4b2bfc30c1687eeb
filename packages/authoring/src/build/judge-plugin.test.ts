import { describe, expect, it } from '@jest/globals';
import { defineCapability, definePlugin, type Plugin, type PluginFile, provide } from '@tiercel/kernel';
import { judgePlugin } from './judge-plugin.js';

interface Lamp {
  turn(): Promise<boolean>;
}
const Lamp = defineCapability<Lamp>()({ id: 'lamp', version: '1.0.0', methods: { turn: 'unary' } });
const Nothing = defineCapability<object>()({ id: 'nothing', version: '1.0.0', methods: {} });

const sound = {
  name: '@acme/lamp',
  version: '1.0.0',
  provides: { lamp: provide(Lamp) },
  setup: () => ({ lamp: { turn: async () => true } }),
} as const;

/** What the compiler would refuse, as a plugin written in JavaScript may have it. */
function lamp(parts: Readonly<Record<string, unknown>>): Plugin {
  return definePlugin({ ...sound, ...parts } as never);
}

const judge = async (parts: Readonly<Record<string, unknown>>) => {
  const { problems } = await judgePlugin({ default: lamp(parts) });
  return problems.map(({ code, message }) => `${code}: ${message}`);
};

describe('judgePlugin', () => {
  it('gives what a sound plugin declares', async () => {
    const { file, problems } = await judgePlugin({ default: definePlugin(sound) });

    expect(problems).toEqual([]);
    expect(file).toMatchObject({ name: '@acme/lamp', provides: { lamp: { capability: 'lamp' } } });
  });

  it('leaves out what is undefined', async () => {
    const { file } = await judgePlugin({ default: lamp({ needs: { memoryMiB: undefined, cores: 1 } }) });

    expect((file as PluginFile).needs).toEqual({ cores: 1 });
  });

  it.each([
    ['nothing', {}, 'there is none'],
    ['a named plugin', { lamp: definePlugin(sound) }, 'there is none, though "lamp" looks like one'],
    ['undefined', { default: undefined }, 'it is undefined'],
    ['null', { default: null }, 'it is null'],
    ['a list', { default: [] }, 'it is a list'],
    ['a factory', { default: () => definePlugin(sound) }, 'it is a function'],
    ['a plain map', { default: { name: 'x' } }, 'it is an object without a setup function'],
    ['a definition', { default: sound }, 'it is an object that was not made by definePlugin()'],
  ])('takes %s for no plugin', async (_, module, finding) => {
    expect((await judgePlugin(module)).problems).toMatchObject([
      { code: 'AUTHORING_EXPORT_WRONG', message: `Its default export is not a plugin: ${finding}.` },
    ]);
  });

  it('names each capability that is undefined', async () => {
    const provides = { lamp: { capability: undefined, features: {} }, spare: undefined };
    const requires = { desk: undefined, chair: null };

    expect(await judge({ provides, requires })).toEqual([
      'AUTHORING_CAPABILITY_ABSENT: provides.lamp names no capability.',
      'AUTHORING_CAPABILITY_ABSENT: provides.spare names no capability.',
      'AUTHORING_CAPABILITY_ABSENT: requires.desk names no capability.',
      'AUTHORING_CAPABILITY_ABSENT: requires.chair names no capability.',
    ]);
  });

  it('refuses a contract without members', async () => {
    expect(await judge({ requires: { nothing: Nothing } })).toEqual([
      'AUTHORING_CAPABILITY_EMPTY: requires.nothing: capability nothing has no members, so nobody could call it.',
    ]);
  });

  it('refuses features, needs and defaults that JSON cannot hold', async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const features = { speak: () => 1, big: 1n, sizes: [1, undefined], made: new Map(), circle };
    const config = { scale: { doc: 'Scale', format: Number, default: Number.NaN } };

    expect(
      await judge({ provides: { lamp: provide(Lamp, features) }, needs: { cores: Infinity }, config }),
    ).toEqual([
      'AUTHORING_VALUE_NOT_JSON: needs.cores cannot be written as JSON: it is Infinity.',
      'AUTHORING_VALUE_NOT_JSON: provides.lamp.features.speak cannot be written as JSON: it is a function.',
      'AUTHORING_VALUE_NOT_JSON: provides.lamp.features.big cannot be written as JSON: it is a bigint.',
      'AUTHORING_VALUE_NOT_JSON: provides.lamp.features.sizes.1 cannot be written as JSON: it is missing.',
      'AUTHORING_VALUE_NOT_JSON: provides.lamp.features.made cannot be written as JSON: it is made by class Map.',
      'AUTHORING_VALUE_NOT_JSON: provides.lamp.features.circle.self cannot be written as JSON: it contains itself.',
      'AUTHORING_VALUE_NOT_JSON: config.scale.default cannot be written as JSON: it is NaN.',
    ]);
  });

  it('wants every key explained, and in a format that exists', async () => {
    const config = {
      port: { doc: ' ', format: 'harbour', default: 1 },
      name: { format: String, default: '' },
    };

    expect(await judge({ config })).toEqual([
      'AUTHORING_DECLARATION_WRONG: In its declaration, config.port.doc is " ", not a text.',
      'AUTHORING_DECLARATION_WRONG: In its declaration, config.port.format is "harbour", not the name of a format or a list of values.',
      'AUTHORING_DECLARATION_WRONG: In its declaration, config.name.doc is missing, not a text.',
    ]);
  });

  it('wants every default to fit its format', async () => {
    const config = {
      port: { doc: 'Port', format: 'port', default: 70_000 },
      floors: { doc: 'Floors', format: 'nat', default: 12, max: 9 },
      mood: { doc: 'Mood', format: ['calm', 'grim'], default: 'merry' },
      url: { doc: 'Server', format: 'url', default: 'ftp://acme.example' },
    };

    const problems = await judge({ config });

    expect(
      problems.map((text) => /Plugin \S+, (\w+) \(from default of the plugin\)/.exec(text)?.[1]),
    ).toEqual(['port', 'floors', 'mood', 'url']);
  });

  it('refuses to publish a secret', async () => {
    const key = { doc: 'Key', format: String, sensitive: true };

    expect(await judge({ config: { key: { ...key, default: '' } } })).toEqual([]);
    expect(await judge({ config: { keys: { ...key, format: 'record', default: {} } } })).toEqual([]);
    expect(await judge({ config: { key: { ...key, default: 'hunter2' } } })).toEqual([
      'AUTHORING_SECRET_DEFAULT: Configuration key key is sensitive, and its default would be published with the package.',
    ]);
  });

  it('refuses one variable for two keys', async () => {
    const key = { doc: 'Key', format: String, default: '' };
    const config = {
      one: { ...key, env: 'ONE', aliases: ['OLD'] },
      two: { ...key, env: 'TWO', aliases: ['OLD'] },
    };

    expect(await judge({ config })).toEqual([
      'AUTHORING_VARIABLE_SHARED: Configuration keys one, two are all read from environment variable OLD.',
    ]);
  });
});
