import { describe, expect, it } from '@jest/globals';
import { lazy, many, optional } from '@tiercel/kernel';
import fc from 'fast-check';
import { acme, capability, planOf, text } from '../plans.test.support.js';
import { dotGraph } from './dot-graph.js';
import { graph } from './graph.js';
import { mermaidGraph } from './mermaid-graph.js';
import type { PlanGraph } from './plan-graph.js';
import { textGraph } from './text-graph.js';

async function housePlan() {
  const { plan } = await planOf(
    [
      acme('lamp', { provides: ['light'] }),
      acme('candle', { provides: ['light'] }),
      acme('bell', { provides: ['bell'] }),
      acme('door', {
        requires: {
          light: capability('light'),
          bell: optional(capability('bell')),
          bells: many(capability('bell')),
          later: lazy(capability('bell')),
        },
      }),
    ],
    { bind: { light: ['candle', 'lamp'] } },
  );
  return plan;
}

describe('graph', () => {
  it('is readable as text', async () => {
    expect(graph(await housePlan(), 'text')).toBe(text`
      tier house: 4 plugins, 5 connections

      inline
        lamp
        candle
        bell
        door
          -->  candle  light (choice 1)
          -->  lamp    light (choice 2)
          -o>  bell    bell (optional)
          -->  bell    bell (many)
          ..>  bell    bell (lazy)
    `);
  });

  it('is a flowchart for Mermaid', async () => {
    expect(graph(await housePlan(), 'mermaid')).toBe(text`
      flowchart LR
        subgraph placement0["inline"]
          plugin0["lamp"]
          plugin1["candle"]
          plugin2["bell"]
          plugin3["door"]
        end
        plugin3 -->|"light (choice 1)"| plugin1
        plugin3 -->|"light (choice 2)"| plugin0
        plugin3 --o|"bell (optional)"| plugin2
        plugin3 -->|"bell (many)"| plugin2
        plugin3 -.->|"bell (lazy)"| plugin2
    `);
  });

  it('is a directed graph for Graphviz', async () => {
    expect(graph(await housePlan(), 'dot')).toBe(text`
      digraph "house" {
        rankdir=LR;
        node [shape=box];
        subgraph cluster0 {
          label="inline";
          plugin0 [label="lamp"];
          plugin1 [label="candle"];
          plugin2 [label="bell"];
          plugin3 [label="door"];
        }
        plugin3 -> plugin1 [label="light (choice 1)", style=solid];
        plugin3 -> plugin0 [label="light (choice 2)", style=solid];
        plugin3 -> plugin2 [label="bell (optional)", style=dashed];
        plugin3 -> plugin2 [label="bell (many)", style=solid];
        plugin3 -> plugin2 [label="bell (lazy)", style=dotted];
      }
    `);
  });

  it('is data', async () => {
    expect(JSON.parse(graph(await housePlan(), 'json'))).toMatchObject({
      tier: 'house',
      nodes: [
        { plugin: 'lamp', package: '@acme/lamp', version: '1.0.0', placement: 'inline', level: 0 },
        {},
        {},
        {},
      ],
      edges: expect.arrayContaining([
        { from: 'door', to: 'candle', capability: 'light', kind: 'one', rank: 1 },
        { from: 'door', to: 'bell', capability: 'bell', kind: 'lazy' },
      ]),
    });
  });

  it('has a group for each placement', async () => {
    const { plan } = await planOf([acme('lamp'), acme('door')], {
      entries: { door: { placement: 'process' } },
    });

    expect(graph(plan, 'mermaid')).toContain('subgraph placement1["process"]\n    plugin1["door"]\n  end');
    expect(graph(plan, 'dot')).toContain('label="process";\n    plugin1 [label="door"];\n  }');
    expect(graph(plan, 'text')).toContain('\nprocess\n  door');
  });

  it('is the same text for the same plan', async () => {
    for (const format of ['text', 'mermaid', 'dot', 'json'] as const) {
      expect(graph(await housePlan(), format)).toBe(graph(await housePlan(), format));
    }
  });
});

/** Names as nobody should choose them: quotes, brackets, line ends, halves of characters. */
const oddName = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });

const oddGraph: fc.Arbitrary<PlanGraph> = fc
  .uniqueArray(oddName, { minLength: 1, maxLength: 6 })
  .chain((names) =>
    fc.record({
      tier: oddName,
      nodes: fc.tuple(
        ...names.map((plugin) =>
          fc.record({
            plugin: fc.constant(plugin),
            package: oddName,
            version: oddName,
            placement: oddName,
            level: fc.nat(9),
          }),
        ),
      ),
      edges: fc.array(
        fc.record({
          from: fc.constantFrom(...names),
          to: fc.constantFrom(...names),
          capability: oddName,
          kind: fc.constantFrom('one', 'optional', 'many', 'lazy'),
        }),
        { maxLength: 8 },
      ),
    }),
  );

describe('graphs of odd names', () => {
  it('stay flowcharts in which every text is between its quotes', () => {
    fc.assert(
      fc.property(oddGraph, (odd) => {
        const [first, ...lines] = mermaidGraph(odd).split('\n');

        const label = String.raw`"(?:[\p{L}\p{M}\p{N} ._,:/@()-]|#\d+;)+"`;
        const shapes = [
          String.raw`  subgraph placement\d\[${label}\]`,
          String.raw`    plugin\d\[${label}\]`,
          '  end',
          String.raw`  plugin\d (?:-->|-\.->|--o)\|${label}\| plugin\d`,
        ];
        expect(first).toBe('flowchart LR');
        for (const line of lines) expect(line).toMatch(new RegExp(`^(?:${shapes.join('|')})$`, 'u'));
        expect(lines.filter((line) => /^ {4}plugin/.test(line))).toHaveLength(odd.nodes.length);
        expect(lines.filter((line) => /^ {2}plugin/.test(line))).toHaveLength(odd.edges.length);
      }),
      { numRuns: 500 },
    );
  });

  it('stay directed graphs whose texts can be read back', () => {
    fc.assert(
      fc.property(oddGraph, (odd) => {
        const dot = dotGraph(odd);

        const quoted = /"((?:[^"\\]|\\["\\])*)"/g;
        const labels = [...dot.matchAll(quoted)].map(([, label = '']) => label.replace(/\\(["\\])/g, '$1'));
        const bare = dot.replace(quoted, '""').split('\n');
        expect(labels.every((label) => !/[\p{C}\n]/u.test(label))).toBe(true);
        expect(labels).toHaveLength(
          1 + new Set(odd.nodes.map(({ placement }) => placement)).size + odd.nodes.length + odd.edges.length,
        );
        for (const line of bare) {
          expect(line).toMatch(
            /^(?:digraph "" \{| {2}rankdir=LR;| {2}node \[shape=box\];| {2}subgraph cluster\d \{| {4}label="";| {4}plugin\d \[label=""\];| {2}\}| {2}plugin\d -> plugin\d \[label="", style=(?:solid|dotted|dashed)\];|\})$/,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keep each plugin and each connection on a line of its own', () => {
    fc.assert(
      fc.property(oddGraph, (odd) => {
        const lines = textGraph(odd).split('\n');

        const placements = new Set(odd.nodes.map(({ placement }) => placement)).size;
        expect(lines).toHaveLength(1 + 2 * placements + odd.nodes.length + odd.edges.length);
        expect(lines.join('')).not.toMatch(/\p{C}/u);
      }),
    );
  });
});
