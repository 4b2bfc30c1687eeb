import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lazy, many, one, optional } from '../plugin/requirement.js';
import { acme, bootOf, errorOf, marker, planOf } from '../plugins.test.support.js';

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
