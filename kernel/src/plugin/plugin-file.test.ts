import { describe, expect, it } from '@jest/globals';
import { acme, Diary, Greeter, Oracle } from '../plugins.test.support.js';
import { declarationOf } from './declaration.js';
import { definePlugin, provide } from './plugin.js';
import { differingPaths, parsePluginFile, pluginFileOf, pluginFileSchema } from './plugin-file.js';
import { lazy, many, optional } from './requirement.js';

const butler = definePlugin({
  name: '@acme/butler',
  version: '2.1.0',
  provides: { greeter: provide(Greeter, { languages: ['en'] }), oracle: provide(Oracle) },
  requires: { diary: Diary, spare: optional(Greeter), all: many(Oracle), later: lazy(Diary) },
  config: {
    name: { doc: 'Name', format: String, default: 'James', env: 'BUTLER', aliases: ['OLD'] },
    floors: { doc: 'Floors', format: 'nat', default: 2, max: 9 },
    isLoud: { doc: 'Loud', format: Boolean, default: false },
    mood: { doc: 'Mood', format: ['calm', 'grim', 3], default: 'calm' },
    key: { doc: 'Key', format: String, default: '', sensitive: true },
    rooms: { doc: 'Rooms', format: 'record', default: { attic: 1 } },
  },
  needs: { memoryMiB: 12 },
  setup: () => ({ greeter: {} as Greeter, oracle: {} as Oracle }),
});

const read = (file: unknown) => parsePluginFile(JSON.stringify(file));
const findingsOf = (file: unknown) => {
  const result = read(file);
  return 'findings' in result ? result.findings : [];
};

describe('a plugin file', () => {
  it('says all that the code declares', () => {
    const declaration = declarationOf(butler);

    const result = read(pluginFileOf(declaration));

    expect(result).toEqual({ declaration });
  });

  it('keeps the order of what setup returns and receives', () => {
    const { provides, requires } = pluginFileOf(declarationOf(butler));

    expect(Object.keys(provides)).toEqual(['greeter', 'oracle']);
    expect(Object.keys(requires)).toEqual(['diary', 'spare', 'all', 'later']);
  });

  it('tells everything that is wrong with it at once', () => {
    const file = {
      ...pluginFileOf(declarationOf(acme('odd', { provides: [Greeter] }))),
      version: 1,
      extra: true,
      requires: { log: { kind: 'maybe', capability: 'log', version: '^1', methods: {} } },
      config: { port: { format: 'harbour', default: 1 } },
    };

    expect(findingsOf(file)).toEqual([
      'extra is not a key of it',
      'version is 1, not a text',
      'requires.log.kind is "maybe", not "one" or "optional" or "many" or "lazy"',
      'config.port.doc is missing, not a text',
      'config.port.format is "harbour", not the name of a format or a list of values',
    ]);
  });

  it.each([
    ['', 'it is not JSON'],
    ['null', 'it is null, not a map'],
    ['[]', 'it is a list, not a map'],
  ])('refuses %j', (text, finding) => {
    expect(parsePluginFile(text)).toEqual({ findings: [finding] });
  });

  it('comes with a JSON Schema of the same keys', () => {
    expect(pluginFileSchema()).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['name', 'version', 'provides', 'requires', 'config', 'needs'],
    });
  });
});

describe('differingPaths', () => {
  it('finds nothing between a declaration and its file', () => {
    const result = read(pluginFileOf(declarationOf(butler)));

    expect('declaration' in result && differingPaths(result.declaration, declarationOf(butler))).toEqual([]);
  });

  it('names each place where they differ', () => {
    const one = declarationOf(butler);
    const other = {
      ...one,
      version: '2.2.0',
      needs: { memoryMiB: 12, cores: 1 },
      config: { ...one.config, floors: { doc: 'Floors', format: Number, default: 3, max: 9 } },
      provides: one.provides.slice(0, 1),
    };

    expect(differingPaths(one, other)).toEqual([
      'version',
      'provides.oracle',
      'config.floors.default',
      'config.floors.format',
      'needs.cores',
    ]);
  });
});
