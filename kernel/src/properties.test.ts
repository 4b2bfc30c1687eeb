import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { acme, bootOf, errorOf, Greeter, greeterPlugin, marker, planOf } from './plugins.test.support.js';
import { lazy, many, one, optional } from './requirement.js';
import { evaluateWhen } from './when.js';

interface Edge {
  readonly to: number;
  readonly kind: 'one' | 'optional' | 'many' | 'lazy';
}

/** Plugins in some order of the file; plugin `i` needs only plugins before it, except lazily. */
const graph = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc.record({
      order: fc.shuffledSubarray(
        Array.from({ length: size }, (_, index) => index),
        { minLength: size, maxLength: size },
      ),
      needs: fc.tuple(
        ...Array.from({ length: size }, (_, index) =>
          fc.uniqueArray(
            fc.oneof(
              fc.record({ to: fc.nat({ max: size - 1 }), kind: fc.constant('lazy' as const) }),
              ...(index === 0
                ? []
                : [
                    fc.record({
                      to: fc.nat({ max: index - 1 }),
                      kind: fc.constantFrom('one' as const, 'optional' as const, 'many' as const),
                    }),
                  ]),
            ),
            { maxLength: 5, selector: ({ to }: Edge) => to },
          ),
        ),
      ),
      failing: fc.option(fc.nat({ max: size - 1 })),
    }),
  )
  .map(({ order, needs, failing }) => ({
    order,
    failing,
    needs: needs.map((edges, index) => edges.filter(({ to }) => to !== index)),
  }));

const forms = { one, optional, many, lazy };

/** Plugins of a graph that write down what happens to them. */
function pluginsOf(needs: readonly (readonly Edge[])[], log: string[], failing: number | null) {
  return needs.map((edges, index) =>
    acme(`p${index}`, {
      provides: [marker(`p${index}`)],
      requires: Object.fromEntries(edges.map(({ to, kind }) => [`p${to}`, forms[kind](marker(`p${to}`))])),
      setup: async ({ own }) => {
        log.push(`begin p${index}`);
        own(() => void log.push(`down p${index}`));
        await Promise.resolve();
        if (index === failing) throw new Error('no');
        log.push(`up p${index}`);
        return { [`p${index}`]: {} };
      },
    }),
  );
}

const namesAfter = (word: string, log: readonly string[]) =>
  log.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length + 1));

describe('any graph without circles', () => {
  it('is planned without problems, and boots in the order of dependency and stops in the reverse', async () => {
    await fc.assert(
      fc.asyncProperty(graph, async ({ order, needs }) => {
        const log: string[] = [];
        const plugins = pluginsOf(needs, log, null);

        const node = await bootOf(order.flatMap((index) => plugins[index] ?? []));
        const up = namesAfter('up', log);
        await node.stop();

        expect(up).toHaveLength(needs.length);
        expect(namesAfter('down', log)).toEqual(up.toReversed());
        for (const [index, edges] of needs.entries()) {
          for (const { to, kind } of edges) {
            if (kind === 'lazy') continue;
            expect(log.indexOf(`up p${to}`)).toBeLessThan(log.indexOf(`begin p${index}`));
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is rolled back completely when any plugin fails, each resource once', async () => {
    await fc.assert(
      fc.asyncProperty(graph, async ({ order, needs, failing }) => {
        const log: string[] = [];
        const plugins = pluginsOf(needs, log, failing ?? 0);

        const error = await errorOf(() => bootOf(order.flatMap((index) => plugins[index] ?? [])));

        expect(error.code).toBe('KERNEL_BOOT_FAILED');
        expect(namesAfter('down', log).toSorted()).toEqual(namesAfter('begin', log).toSorted());
      }),
      { numRuns: 100 },
    );
  });

  it('gets a level per plugin that is above all levels it waits for', async () => {
    await fc.assert(
      fc.asyncProperty(graph, async ({ order, needs }) => {
        const plugins = pluginsOf(needs, [], null);
        const lines = order.map((index) => `  p${index}: { use: '@acme/p${index}' }`);

        const { plugins: planned, problems } = await planOf(
          ['tier: t', 'plugins:', ...lines].join('\n'),
          plugins,
        );

        const levels = new Map(planned.map(({ key, level }) => [key, level]));
        expect(problems).toEqual([]);
        for (const { level, after } of planned) {
          const below = [...after].map((key) => levels.get(key) ?? Infinity);
          expect(level).toBe(Math.max(-1, ...below) + 1);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('any graph with circles', () => {
  it('is told to be so, and is sound once every named requirement is lazy', async () => {
    const wild = fc.integer({ min: 1, max: 8 }).chain((size) =>
      fc.array(fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 4 }), {
        minLength: size,
        maxLength: size,
      }),
    );
    await fc.assert(
      fc.asyncProperty(wild, async (needs) => {
        const edges = needs.map((list, index) =>
          list.filter((to) => to !== index).map((to): Edge => ({ to, kind: 'one' })),
        );
        const text = ['tier: t', 'plugins:', ...edges.map((_, i) => `  p${i}: { use: '@acme/p${i}' }`)].join(
          '\n',
        );

        const { problems } = await planOf(text, pluginsOf(edges, [], null));
        const named = new Set(
          problems.map(({ fix }) => /"(p\d+)" of (p\d+)/.exec(fix)?.slice(1).join(' of ')),
        );
        const mended = edges.map((list, index) =>
          list.map(
            (edge): Edge => (named.has(`p${edge.to} of p${index}`) ? { ...edge, kind: 'lazy' } : edge),
          ),
        );

        expect(problems.map(({ code }) => code)).toEqual(problems.map(() => 'KERNEL_CYCLE'));
        expect((await planOf(text, pluginsOf(mended, [], null))).problems).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

/** A sound manifest by line, and for each kind of fault the line that brings it in. */
const sound: readonly (readonly [string, string])[] = [
  ['tier', 'tier: t'],
  ['requires', 'requires: [greeter]'],
  ['device', 'device: { cores: 2 }'],
  ['plugins', 'plugins:'],
  ['host', "  host: { use: '@acme/host' }"],
  ['hello', "  hello: { use: '@acme/hello', boot: degrade, when: \"'a' == 'a'\" }"],
  ['bind', 'bind: { greeter: hello }'],
];
const plugins = [greeterPlugin('hello'), acme('host', { requires: { greeter: Greeter } })];

const faults: readonly (readonly [line: string, text: string, code: string])[] = [
  ['tier', 'teir: t', 'KERNEL_KEY_UNKNOWN'],
  ['tier', 'tier: [t]', 'KERNEL_VALUE_WRONG'],
  ['requires', 'requires: [greeter, clock]', 'KERNEL_NOTHING_PROMISED'],
  ['requires', 'requires: [greeter@^7]', 'KERNEL_CAPABILITY_VERSION'],
  ['device', 'device: { cores: -2 }', 'KERNEL_VALUE_WRONG'],
  ['device', 'device: { cores: 2, cores: 2 }', 'KERNEL_YAML_INVALID'],
  ['host', "  host: { use: '@acme/host', config: { a: 1 } }", 'KERNEL_CONFIG_UNKNOWN'],
  ['host', "  host: { use: '@acme/host', placement: process }", 'KERNEL_PLACEMENT_UNSUPPORTED'],
  ['host', "  host: { use: '@acme/host', version: '>5' }", 'KERNEL_PLUGIN_VERSION'],
  ['host', "  host: { use: '@acme/hosts' }", 'KERNEL_PLUGIN_UNKNOWN'],
  ['hello', "  hello: { use: '@acme/hello', when: '&&' }", 'KERNEL_WHEN_INVALID'],
  ['bind', 'bind: { greeter: [hello, hallo] }', 'KERNEL_BIND_UNKNOWN'],
  ['bind', 'bind: { greeter: 5 }', 'KERNEL_VALUE_WRONG'],
];

describe('any damage to a manifest', () => {
  it('is none where nothing is damaged', async () => {
    const { problems } = await planOf(sound.map(([, text]) => text).join('\n'), plugins);

    expect(problems).toEqual([]);
  });

  it('is found on its line, however many faults come together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...faults), { minLength: 1, selector: ([line]) => line }),
        async (chosen) => {
          const text = sound.map(([line, right]) => chosen.find(([name]) => name === line)?.[1] ?? right);

          const { problems } = await planOf(text.join('\n'), plugins);

          const found = problems.map(({ code, at }) => `${at?.line} ${code}`);
          for (const [line, , code] of chosen) {
            expect(found).toContain(`${sound.findIndex(([name]) => name === line) + 1} ${code}`);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never crashes the planner, whatever characters it hits', async () => {
    const text = sound.map(([, line]) => line).join('\n');
    const place = fc.nat({ max: text.length });
    const piece = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom(
        '\n',
        '\t',
        ': ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '!!x ',
        '<<: ',
        '? ',
        '#',
        "'",
        '"',
        '~',
        '|\n',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(place, fc.nat({ max: 8 }), piece), { minLength: 1, maxLength: 6 }),
        async (cuts) => {
          const damaged = cuts.reduce(
            (all, [at, length, by]) => all.slice(0, at) + by + all.slice(at + length),
            text,
          );

          const { problems } = await planOf(damaged, plugins);

          for (const { code, message, fix } of problems) {
            expect([code, message, fix].join(' ')).not.toMatch(/undefined|\[object|Symbol\(/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never crashes a "when" expression', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ maxLength: 4 }),
            fc.constantFrom('A', '&&', '||', '!', '(', ')', '==', "'x'", ' '),
          ),
        ),
        (parts) => {
          const result = evaluateWhen(parts.join(''), { A: 'true' });

          expect(typeof (result.ok ? result.holds : result.finding)).toMatch(/boolean|string/);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
