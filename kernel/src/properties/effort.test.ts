import { describe, expect, it } from '@jest/globals';
import { type FoundPlugin, findPlugins } from '../plan/find-plugins.js';
import { plan } from '../plan/plan.js';
import type { Plugin } from '../plugin/plugin.js';
import { many, optional } from '../plugin/requirement.js';
import { acme, manifestOf, marker, Oracle } from '../plugins.test.support.js';

/** The same value, which tells of each look into it. */
function watched<T>(value: T, look: () => void, known = new Map<unknown, unknown>()): T {
  if (typeof value !== 'object' || value === null) return value;
  const made = known.get(value) ?? (value instanceof Map ? watchedMap(value, look) : undefined);
  if (made) return made as T;
  const proxy = new Proxy(value, {
    get(target, property) {
      look();
      return watched(Reflect.get(target, property), look, known);
    },
    ownKeys(target) {
      look();
      return Reflect.ownKeys(target);
    },
  });
  known.set(value, proxy);
  return proxy;
}

function watchedMap<K, V>(map: ReadonlyMap<K, V>, look: () => void): ReadonlyMap<K, V> {
  function* each<T>(items: Iterable<T>) {
    for (const item of items) {
      look();
      yield watched(item, look);
    }
  }
  const found = <T>(value: T) => {
    look();
    return watched(value, look);
  };
  return Object.assign(Object.create(Map.prototype), {
    get: (key: K) => found(map.get(key)),
    has: (key: K) => found(map.has(key)),
    keys: () => each(map.keys()),
    values: () => each(map.values()),
    entries: () => each(map.entries()),
    [Symbol.iterator]: () => each(map),
  });
}

interface Shape {
  readonly plugins: readonly Plugin[];
  /** What stands in the manifest besides the plugins. */
  readonly rest?: string;
  /** How one entry is written, by its index. */
  readonly entry?: (index: number) => string;
  /** How many problems there are. */
  readonly problems?: number;
}

const counted = (count: number) => Array.from({ length: count }, (_, index) => index);

const shapes: Readonly<Record<string, (size: number) => Shape>> = {
  'a chain': (size) => ({
    plugins: counted(size).map((index) => {
      const requires = index === 0 ? {} : { before: marker(`p${index - 1}`) };
      return acme(`p${index}`, { provides: [marker(`p${index}`)], requires });
    }),
    rest: `requires: [${counted(size).map((index) => `p${index}`)}]`,
  }),
  'a star': (size) => ({
    plugins: counted(size).map((index) => {
      return acme(
        `p${index}`,
        index === 0 ? { provides: [marker('hub')] } : { requires: { hub: marker('hub') } },
      );
    }),
  }),
  'one that collects all others': (size) => ({
    plugins: counted(size).map((index) => {
      return acme(`p${index}`, index === 0 ? { requires: { all: many(Oracle) } } : { provides: [Oracle] });
    }),
  }),
  'one that is served by all others in an order': (size) => ({
    plugins: counted(size).map((index) => {
      return acme(`p${index}`, index === 0 ? { requires: { oracle: Oracle } } : { provides: [Oracle] });
    }),
    rest: `bind: { oracle: [${counted(size)
      .slice(1)
      .reverse()
      .map((index) => `p${index}`)}] }`,
  }),
  'a ring': (size) => ({
    plugins: counted(size).map((index) => {
      const next = marker(`p${(index + 1) % size}`);
      return acme(`p${index}`, { provides: [marker(`p${index}`)], requires: { next } });
    }),
    problems: 1,
  }),
  'plugins that nobody has': (size) => ({
    plugins: [],
    entry: (index) => `p${index}: { use: nothing${index} }`,
    problems: size,
  }),
  'plugins that lack something, beside as many that are left out': (size) => ({
    plugins: counted(size).map((index) => acme(`p${index}`, { requires: { nothing: marker('nothing') } })),
    entry: (index) => `p${index}: { use: '@acme/p${index}'${index % 2 === 0 ? ', when: UNSET' : ''} }`,
    problems: size / 2,
  }),
  'promises that nobody keeps': (size) => ({
    plugins: counted(size).map((index) => acme(`p${index}`)),
    rest: `requires: [${counted(size).map((index) => `c${index}`)}]`,
    problems: size,
  }),
  'wrong values': (size) => ({
    plugins: counted(size).map((index) =>
      acme(`p${index}`, { requires: { maybe: optional(marker('maybe')) } }),
    ),
    entry: (index) => `p${index}: { use: '@acme/p${index}', version: ^9, config: { a: 1, b: 2 } }`,
    problems: size * 3,
  }),
};

describe('the effort of planning', () => {
  async function looksFor({ plugins: given, rest = '', entry, problems = 0 }: Shape, size: number) {
    const lines = counted(size).map(
      (index) => `  ${entry?.(index) ?? `p${index}: { use: '@acme/p${index}' }`}`,
    );
    const manifest = manifestOf(['tier: t', 'plugins:', ...lines, rest].join('\n'));
    const plugins: ReadonlyMap<string, FoundPlugin> =
      given.length > 0 ? await findPlugins(manifest, { given }) : new Map();
    let looks = 0;
    const look = () => {
      looks++;
    };

    const planned = plan({
      manifest: watched(manifest, look),
      plugins: watched(plugins, look),
      environment: {},
    });

    expect(planned.problems).toHaveLength(problems);
    return looks;
  }

  it.each(Object.entries(shapes))(
    'grows with the number of plugins, and not faster, for %s',
    async (_title, shape) => {
      const few = await looksFor(shape(100), 100);
      const ten = await looksFor(shape(1_000), 1_000);

      expect(few).toBeGreaterThan(100);
      expect(ten).toBeLessThan(few * 11);
    },
  );
});
