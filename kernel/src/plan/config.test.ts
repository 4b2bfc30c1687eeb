import { describe, expect, it } from '@jest/globals';
import type { Environment } from '../manifest/when.js';
import type { ConfigFormat, ConfigKey, ConfigSchema } from '../plugin/config-schema.js';
import { manifestOf } from '../plugins.test.support.js';
import { resolveConfig } from './config.js';

/** Resolves a `config` block written in YAML, in flow style, with files by absolute path. */
function resolve(
  schema: ConfigSchema,
  yaml = '{}',
  environment: Environment = {},
  texts: Readonly<Record<string, string>> = {},
) {
  const manifest = manifestOf(`tier: test\nplugins:\n  lamp:\n    config: ${yaml}\n`);
  const entry = manifest.plugins.get('lamp');
  if (!entry) throw new Error('The manifest has no lamp.');
  const files = new Map(Object.entries(texts).map(([file, text]) => [file, { text }] as const));
  const fill = { environment, files, directory: '/home' };
  const { sources: _, ...rest } = resolveConfig(entry, schema, fill, manifest);
  return rest;
}

function key(format: ConfigFormat, fallback: unknown, more: Partial<ConfigKey> = {}): ConfigKey {
  return { doc: 'A value.', format, default: fallback as never, ...more };
}

const level = (more: Partial<ConfigKey> = {}) => ({ level: key('nat', 1, { env: 'LEVEL', ...more }) });

describe('resolveConfig, precedence', () => {
  it('takes the default when nobody says anything', () => {
    expect(resolve(level())).toEqual({ values: { level: 1 }, problems: [], warnings: [] });
  });

  it('prefers the manifest to the default', () => {
    expect(resolve(level(), '{ level: 2 }').values).toEqual({ level: 2 });
  });

  it('prefers the environment to the manifest', () => {
    expect(resolve(level(), '{ level: 2 }', { LEVEL: '3' }).values).toEqual({ level: 3 });
  });

  it.each(['{ level: }', '{ level: null }', '{ level: ~ }'])('reads %s as "not set"', (yaml) => {
    expect(resolve(level(), yaml).values).toEqual({ level: 1 });
  });

  it.each(['', '   '])('reads the variable "%s" as "not set"', (text) => {
    expect(resolve(level(), '{ level: 2 }', { LEVEL: text }).values).toEqual({ level: 2 });
  });

  it('still reports a wrong value of the manifest that the environment replaces', () => {
    const { problems } = resolve(level(), '{ level: high }', { LEVEL: '3' });

    expect(problems.map(({ message }) => message)).toEqual([
      'Plugin lamp, level (from manifest): "high" is not a whole number from 0.',
    ]);
  });

  it('hands out frozen values', () => {
    expect(Object.isFrozen(resolve(level()).values)).toBe(true);
  });

  it('replaces a list and a record as a whole', () => {
    const schema = {
      words: key('list', ['a', 'b']),
      rooms: key('record', { kitchen: 1 }),
    };

    expect(resolve(schema, '{ words: [c], rooms: { hall: 2 } }').values).toEqual({
      words: ['c'],
      rooms: { hall: 2 },
    });
  });
});

describe('resolveConfig, formats in the manifest', () => {
  it.each<[ConfigFormat, string, unknown]>([
    [String, "''", ''],
    [String, 'a', 'a'],
    [String, "' a '", ' a '],
    [Number, '-1.5', -1.5],
    [Number, '1e3', 1000],
    [Boolean, 'true', true],
    ['int', '-3', -3],
    ['nat', '0', 0],
    ['port', '65535', 65_535],
    ['fraction', '0.25', 0.25],
    ['path', './a b', './a b'],
    ['url', 'https://example.org:8080/x', 'https://example.org:8080/x'],
    ['url', "''", ''],
    ['list', '[]', []],
    ['list', '[a, b]', ['a', 'b']],
    ['record', '{}', {}],
    ['record', "{ 'a.b': { c: { d: [1, { e: null }] } } }", { 'a.b': { c: { d: [1, { e: null }] } } }],
    [['fast', 'slow'], 'slow', 'slow'],
    [[8000, 16_000], '16000', 16_000],
  ])('%p accepts %s', (format, yaml, value) => {
    const fallbacks = new Map<unknown, unknown>([
      [Number, 0],
      [Boolean, false],
      ['list', ['z']],
      ['record', { z: 1 }],
    ]);
    const fallback = Array.isArray(format)
      ? format[0]
      : (fallbacks.get(format) ?? (['int', 'nat', 'port', 'fraction'].includes(String(format)) ? 0 : ''));

    expect(resolve({ value: key(format, fallback) }, `{ value: ${yaml} }`)).toMatchObject({
      values: { value },
      problems: [],
    });
  });

  it.each<[ConfigFormat, string, string]>([
    [String, '5', '5 is not a text (put it in quotes)'],
    [String, 'true', 'true is not a text (put it in quotes)'],
    [String, '[a]', 'a list is not a text (put it in quotes)'],
    [Number, "'5'", '"5" is not a number'],
    [Number, '.nan', 'NaN is not a number'],
    [Number, '.inf', 'Infinity is not a number'],
    [Number, '1e400', 'Infinity is not a number'],
    [Boolean, "'yes'", '"yes" is not true or false'],
    [Boolean, 'yes', '"yes" is not true or false'],
    [Boolean, '1', '1 is not true or false'],
    ['int', '1.5', '1.5 is not a whole number'],
    ['int', '1e20', '100000000000000000000 is not a whole number'],
    ['nat', '-1', '-1 is not a whole number from 0'],
    ['port', '65536', '65536 is not a port from 0 to 65535'],
    ['fraction', '1.01', '1.01 is not a number from 0 to 1'],
    ['fraction', '.nan', 'NaN is not a number from 0 to 1'],
    ['url', 'example.org', '"example.org" is not a URL that starts with http:// or https://'],
    ['url', 'ftp://example.org', '"ftp://example.org" is not a URL that starts with http:// or https://'],
    [
      'url',
      "'javascript:alert(1)'",
      '"javascript:alert(1)" is not a URL that starts with http:// or https://',
    ],
    ['list', 'a', '"a" is not a list of texts'],
    ['list', '[a, 1]', 'a list is not a list of texts'],
    ['record', '[]', 'a list is not a map'],
    ['record', 'a', '"a" is not a map'],
    [['fast', 'slow'], 'medium', '"medium" is not one of "fast", "slow"'],
    [[8000, 16_000], "'8000'", '"8000" is not one of 8000, 16000'],
  ])('%p refuses %s', (format, yaml, finding) => {
    const { problems } = resolve({ value: key(format, undefined) }, `{ value: ${yaml} }`);

    expect(problems[0]).toMatchObject({
      code: 'KERNEL_CONFIG_WRONG',
      message: `Plugin lamp, value (from manifest): ${finding}.`,
      at: { file: 'tier.yaml', line: 4, column: 15 },
    });
  });

  it('keeps numbers between "min" and "max"', () => {
    const schema = { value: key('nat', 5, { min: 2, max: 9 }), rest: key(Number, 5, { min: 2 }) };

    const low = resolve(schema, '{ value: 1, rest: 1 }').problems;
    const high = resolve(schema, '{ value: 10, rest: 10 }').problems;

    expect([...low, ...high].map(({ message }) => message)).toEqual([
      'Plugin lamp, value (from manifest): 1 is not at least 2 and at most 9.',
      'Plugin lamp, rest (from manifest): 1 is not at least 2.',
      'Plugin lamp, value (from manifest): 10 is not at least 2 and at most 9.',
    ]);
  });
});

describe('resolveConfig, formats in the environment', () => {
  it.each<[ConfigFormat, string, unknown]>([
    [String, ' a b ', 'a b'],
    [String, '5', '5'],
    [Number, '-1.5', -1.5],
    [Number, '+.5e1', 5],
    [Boolean, ' Yes ', true],
    [Boolean, 'off', false],
    ['int', ' 12 ', 12],
    ['port', '8080', 8080],
    ['list', 'a, b,,c ', ['a', 'b', 'c']],
    ['record', '{"a":{"b":[1]}}', { a: { b: [1] } }],
    [['fast', 'slow'], 'slow', 'slow'],
    [[8000, 16_000], '16000', 16_000],
    [['1', '2'], '2', '2'],
  ])('%p reads "%s"', (format, text, value) => {
    const { values } = resolve({ value: key(format, value, { env: 'VALUE' }) }, '{}', { VALUE: text });

    expect(values).toEqual({ value });
  });

  it.each<[ConfigFormat, string, string]>([
    [Number, '12abc', '"12abc" is not a number'],
    [Number, '0x10', '"0x10" is not a number'],
    [Number, '1,5', '"1,5" is not a number'],
    [Number, '1e400', 'Infinity is not a number'],
    [Number, 'NaN', '"NaN" is not a number'],
    [Number, 'Infinity', '"Infinity" is not a number'],
    ['int', '1.5', '1.5 is not a whole number'],
    ['nat', '-1', '-1 is not a whole number from 0'],
    ['port', '80 80', '"80 80" is not a port from 0 to 65535'],
    ['port', '99999', '99999 is not a port from 0 to 65535'],
    ['fraction', '50%', '"50%" is not a number from 0 to 1'],
    [Boolean, 'maybe', '"maybe" is not true or false'],
    [Boolean, '2', '"2" is not true or false'],
    ['url', 'localhost:80', '"localhost:80" is not a URL that starts with http:// or https://'],
    ['record', '{a: 1}', 'it is not JSON'],
    ['record', 'null', 'null is not a map'],
    ['record', '[1]', 'a list is not a map'],
    [['fast', 'slow'], 'FAST', '"FAST" is not one of "fast", "slow"'],
  ])('%p refuses "%s"', (format, text, finding) => {
    const { problems } = resolve({ value: key(format, undefined, { env: 'VALUE' }) }, '{}', { VALUE: text });

    expect(problems[0]).toMatchObject({
      code: 'KERNEL_CONFIG_WRONG',
      message: `Plugin lamp, value (from environment variable VALUE): ${finding}.`,
      fix: 'A value. Correct the value in the environment variable VALUE.',
      at: undefined,
    });
  });
});

describe('resolveConfig, references in the manifest', () => {
  it.each<[ConfigFormat, string, unknown]>([
    [String, 'seven', 'seven'],
    [String, '7', '7'],
    [Number, '-1.5', -1.5],
    [Boolean, 'Yes', true],
    [Boolean, '0', false],
    ['nat', '7', 7],
    ['port', '8080', 8080],
    ['url', 'https://example.org', 'https://example.org'],
    ['list', 'a, b', ['a', 'b']],
    ['record', '{"a":[1]}', { a: [1] }],
    [['fast', 'slow'], 'slow', 'slow'],
    [[8000, 16_000], '16000', 16_000],
  ])('%p reads "%s" as from the environment', (format, text, value) => {
    const schema = { value: key(format, value) };

    expect(resolve(schema, `{ value: '\${env:TEXT}' }`, { TEXT: text })).toMatchObject({
      values: { value },
      problems: [],
    });
    expect(
      resolve(schema, `{ value: '\${file:value.txt}' }`, {}, { '/home/value.txt': text }).values,
    ).toEqual({
      value,
    });
  });

  it.each<[ConfigFormat, string, string]>([
    [Number, '12abc', '"12abc" is not a number'],
    ['nat', '-1', '-1 is not a whole number from 0'],
    ['nat', ' 7', '" 7" is not a whole number from 0'],
    ['port', '0x50', '"0x50" is not a port from 0 to 65535'],
    [Boolean, 'maybe', '"maybe" is not true or false'],
    ['record', '{a: 1}', 'it is not JSON'],
    [['fast', 'slow'], 'FAST', '"FAST" is not one of "fast", "slow"'],
  ])('%p refuses "%s", at the line of the manifest', (format, text, finding) => {
    const { problems } = resolve({ value: key(format, undefined) }, `{ value: '\${env:TEXT}' }`, {
      TEXT: text,
    });

    expect(problems[0]).toMatchObject({
      code: 'KERNEL_CONFIG_WRONG',
      message: `Plugin lamp, value (from manifest): ${finding}.`,
      at: { file: 'tier.yaml', line: 4, column: 15 },
    });
  });

  it('may be a part of a text, and of values in lists and maps', () => {
    const schema = { greeting: key(String, ''), words: key('list', []), rooms: key('record', {}) };
    const yaml = `{ greeting: 'Hello \${env:NAME}', words: ['\${env:NAME}', b], rooms: { a: ['\${env:NAME}', 1] } }`;

    expect(resolve(schema, yaml, { NAME: 'a, b' }).values).toEqual({
      greeting: 'Hello a, b',
      words: ['a, b', 'b'],
      rooms: { a: ['a, b', 1] },
    });
  });

  it('do not make a number of a text in a list', () => {
    const { problems } = resolve({ rooms: key('list', []) }, `{ rooms: ['\${env:N}', 5] }`, { N: '5' });

    expect(problems.map(({ message }) => message)).toEqual([
      'Plugin lamp, rooms (from manifest): a list is not a list of texts.',
    ]);
  });

  it('count less than the variable of the key, and are told all the same when they lead nowhere', () => {
    const sound = resolve(level(), `{ level: '\${env:OTHER}' }`, { OTHER: '2', LEVEL: '3' });
    const lost = resolve(level(), `{ level: '\${env:OTHER} \${file:gone}' }`, { LEVEL: '3' });

    expect(sound.values).toEqual({ level: 3 });
    expect(lost.problems).toMatchObject([
      {
        message: 'Plugin lamp, level (from manifest): environment variable OTHER is not set.',
        fix: 'A value. Correct the value in the manifest.',
        at: { line: 4, column: 15 },
      },
      { message: 'Plugin lamp, level (from manifest): file gone cannot be used: it was not read.' },
    ]);
  });
});

describe('resolveConfig, variables', () => {
  it.each(['constructor', '__proto__', 'toString'])(
    'takes no inherited member for the variable %s',
    (name) => {
      expect(resolve(level({ env: name, aliases: ['valueOf'] }))).toMatchObject({
        values: { level: 1 },
        problems: [],
        warnings: [],
      });
    },
  );
});

describe('resolveConfig, old names of variables', () => {
  const schema = level({ aliases: ['BRIGHTNESS', 'GLOW'] });

  it('reads an old name and warns', () => {
    expect(resolve(schema, '{}', { GLOW: '4' })).toMatchObject({
      values: { level: 4 },
      warnings: ['Environment variable GLOW is now called LEVEL.'],
    });
  });

  it('prefers the present name, and still warns', () => {
    expect(resolve(schema, '{}', { GLOW: '4', LEVEL: '5' })).toMatchObject({
      values: { level: 5 },
      warnings: ['Environment variable GLOW is now called LEVEL.'],
    });
  });

  it('accepts two old names that agree', () => {
    expect(resolve(schema, '{}', { GLOW: '4', BRIGHTNESS: ' 4 ' })).toMatchObject({
      values: { level: 4 },
      problems: [],
    });
  });

  it('does not choose between two old names that differ', () => {
    const { problems } = resolve(schema, '{}', { GLOW: '4', BRIGHTNESS: '5' });

    expect(problems).toMatchObject([
      {
        code: 'KERNEL_CONFIG_ALIAS_CONFLICT',
        message: 'Plugin lamp, level: BRIGHTNESS, GLOW have different values.',
        fix: 'Set LEVEL only.',
      },
    ]);
  });

  it('ignores an empty old name', () => {
    expect(resolve(schema, '{}', { GLOW: '' })).toMatchObject({ values: { level: 1 }, warnings: [] });
  });
});

describe('resolveConfig, keys', () => {
  it('reports an unknown key with the one that may be meant', () => {
    const { problems } = resolve(level(), '{ levle: 2 }');

    expect(problems).toMatchObject([
      {
        code: 'KERNEL_CONFIG_UNKNOWN',
        message: 'Plugin lamp has no configuration key "levle". Did you mean "level"?',
        fix: 'Use one of level.',
        at: { line: 4, column: 15 },
      },
    ]);
  });

  it('says so when a plugin takes no configuration at all', () => {
    const { problems } = resolve({}, '{ level: 2 }');

    expect(problems[0]?.fix).toBe('It takes no configuration: remove "config".');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'treats "%s" as any other unknown key',
    (name) => {
      const { problems, values } = resolve(level(), `{ ${name}: { polluted: true } }`);

      expect(problems.map(({ code }) => code)).toEqual(['KERNEL_CONFIG_UNKNOWN']);
      expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
      expect('polluted' in {}).toBe(false);
    },
  );

  it('takes a key with a dot in it for what it is', () => {
    expect(resolve({ 'lamp.level': key('nat', 1) }, "{ 'lamp.level': 2 }").values).toEqual({
      'lamp.level': 2,
    });
  });

  it('lets no record reach the prototype of anything', () => {
    const schema = { rooms: key('record', {}, { env: 'ROOMS' }) };
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"hall":2}';

    const { values } = resolve(schema, '{}', { ROOMS: text });

    expect('polluted' in {}).toBe(false);
    expect(values).toMatchObject({ rooms: { hall: 2 } });
  });

  it('reports every wrong key at once', () => {
    const schema = { a: key('nat', 1), b: key(Boolean, true), c: key('url', '', { env: 'C' }) };

    const { problems } = resolve(schema, '{ a: x, b: y, d: z }', { C: 'q' });

    expect(problems).toHaveLength(4);
  });

  it('reports a default that does not fit its own format, instead of failing later', () => {
    const schema = { level: key('nat', 0, { min: 1 }), name: key(String, 5) };

    expect(resolve(schema).problems.map(({ message }) => message)).toEqual([
      'Plugin lamp, level (from default of the plugin): 0 is not at least 1.',
      'Plugin lamp, name (from default of the plugin): 5 is not a text (put it in quotes).',
    ]);
  });
});

describe('resolveConfig, secrets', () => {
  const secret = 'hunter2-4711';

  it.each<[ConfigFormat, string]>([
    [String, `[${secret}]`],
    [Number, secret],
    [Boolean, secret],
    ['int', secret],
    ['nat', secret],
    ['port', secret],
    ['fraction', secret],
    ['url', secret],
    ['list', secret],
    ['record', secret],
    [['a', 'b'], secret],
  ])('are never shown in a finding about %p', (format, yaml) => {
    const schema = { key: key(format, undefined, { sensitive: true, env: 'KEY', min: 1 }) };

    const fromManifest = resolve(schema, `{ key: ${yaml} }`).problems;
    const fromEnvironment = resolve(schema, '{}', { KEY: secret }).problems;

    expect(fromManifest.length).toBeGreaterThan(0);
    expect(JSON.stringify([...fromManifest, ...fromEnvironment])).not.toContain(secret);
  });

  it('are never shown when two variables differ', () => {
    const schema = { key: key(String, '', { sensitive: true, env: 'KEY', aliases: ['OLD', 'OLDER'] }) };

    const { problems, warnings } = resolve(schema, '{}', { OLD: secret, OLDER: `${secret}x` });

    expect(problems).toHaveLength(1);
    expect(JSON.stringify([problems, warnings])).not.toContain(secret);
  });
});

describe('resolveConfig, secrets in files', () => {
  const schema = { key: key(String, '', { sensitive: true, env: 'KEY', aliases: ['OLD'] }) };
  const texts = { '/run/key': 'hunter2' };

  it('are read from the file that the variable with _FILE names', () => {
    expect(resolve(schema, '{ key: other }', { KEY_FILE: ' /run/key ' }, texts)).toMatchObject({
      values: { key: 'hunter2' },
      problems: [],
    });
  });

  it('are read as strictly as the variable itself', () => {
    const port = { port: key('port', 1, { sensitive: true, env: 'KEY' }) };

    expect(resolve(port, '{}', { KEY_FILE: '/run/key' }, { '/run/key': '8080' }).values).toEqual({
      port: 8080,
    });
    expect(resolve(port, '{}', { KEY_FILE: '/run/key' }, texts).problems).toMatchObject([
      {
        message:
          'Plugin lamp, port (from environment variable KEY_FILE): the value is not a port from 0 to 65535.',
      },
    ]);
  });

  it('win over an old name of the variable', () => {
    expect(resolve(schema, '{}', { KEY_FILE: '/run/key', OLD: 'old' }, texts)).toMatchObject({
      values: { key: 'hunter2' },
      warnings: ['Environment variable OLD is now called KEY.'],
    });
  });

  it('are not chosen over the variable itself', () => {
    const { problems } = resolve(schema, '{}', { KEY: 'direct', KEY_FILE: '/run/key' }, texts);

    expect(problems).toMatchObject([
      {
        code: 'KERNEL_CONFIG_ALIAS_CONFLICT',
        message: 'Plugin lamp, key: KEY, KEY_FILE have different values.',
        fix: 'Set KEY only.',
      },
    ]);
  });

  it('are told to be missing, with the file but without a guess', () => {
    const { problems } = resolve(schema, '{}', { KEY_FILE: '/run/gone' }, texts);

    expect(problems).toMatchObject([
      {
        code: 'KERNEL_CONFIG_WRONG',
        message:
          'Plugin lamp, key (from environment variable KEY_FILE): file /run/gone cannot be used: it was not read.',
        at: undefined,
      },
    ]);
  });

  it('are for sensitive keys only', () => {
    const plain = { key: key(String, 'none', { env: 'KEY' }) };

    expect(resolve(plain, '{}', { KEY_FILE: '/run/key' }, texts).values).toEqual({ key: 'none' });
  });

  it('stay secret in a key that is not marked', () => {
    const { problems } = resolve({ n: key('nat', 1) }, `{ n: '\${file:/run/key}' }`, {}, texts);

    expect(problems.map(({ message }) => message)).toEqual([
      'Plugin lamp, n (from manifest): the value is not a whole number from 0.',
    ]);
  });
});
