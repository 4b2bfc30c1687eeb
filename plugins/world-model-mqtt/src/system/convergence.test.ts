import { expect, it } from '@jest/globals';
import type { WorldRecord } from '@tiercel/capabilities/world-model';
import { isTiercelError } from '@tiercel/kernel';
import { describeWithMosquitto } from '@tiercel/testkit';
import fc from 'fast-check';
import { House, type HouseNode } from './house.test.support.js';

type Step =
  | { readonly type: 'observe'; readonly at: number; readonly key: string }
  | { readonly type: 'forget'; readonly at: number; readonly key: string }
  | { readonly type: 'cut' | 'silence' | 'mend' | 'break' | 'crash'; readonly at: number }
  | { readonly type: 'broker-dies' | 'broker-returns' };

const at = fc.nat(2);
const key = fc.constantFrom('a', 'a/b', 'c', 'd/e', 'd/f');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant('observe' as const), at, key }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('forget' as const), at, key }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('cut' as const, 'silence' as const, 'mend' as const, 'break' as const),
      at,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('crash' as const), at }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('broker-dies' as const, 'broker-returns' as const) }),
  },
);

/** What a node has been told that it wrote: from then on it may only be replaced by something later. */
interface Acknowledged {
  readonly hlc: string;
  readonly value: unknown;
}

const allowed = ['WORLD_MODEL_SUPERSEDED', 'WORLD_MODEL_UNREACHABLE'] as const;

async function run(
  house: House,
  steps: readonly Step[],
): Promise<ReadonlyMap<string, readonly Acknowledged[]>> {
  const acknowledged = new Map<string, Acknowledged[]>();
  const nodeAt = (index: number): HouseNode => house.nodes[index % house.nodes.length] ?? house.core;
  const running: Promise<void>[] = [];
  for (const [index, each] of steps.entries()) {
    switch (each.type) {
      case 'observe': {
        const { name, world } = nodeAt(each.at);
        const value = { by: name, step: index };
        const observed = world.observe({ key: each.key, value, origin: name }).then(({ hlc }) => {
          acknowledged.set(each.key, [...(acknowledged.get(each.key) ?? []), { hlc, value }]);
        });
        running.push(observed.catch(expectAllowed));
        break;
      }
      case 'forget': {
        const { name, world } = nodeAt(each.at);
        running.push(world.forget(each.key, { origin: name }).then(() => {}, expectAllowed));
        break;
      }
      case 'cut':
        nodeAt(each.at).proxy.cut();
        break;
      case 'silence':
        nodeAt(each.at).proxy.silence();
        break;
      case 'mend':
        nodeAt(each.at).proxy.mend();
        break;
      case 'break':
        nodeAt(each.at).proxy.breakConnections();
        break;
      case 'crash':
        await settled(running.splice(0));
        await nodeAt(each.at).crash();
        break;
      case 'broker-dies':
        await house.broker.kill();
        break;
      case 'broker-returns':
        await house.broker.restart();
        break;
      default:
        each satisfies never;
    }
  }
  await settled(running);
  if (!house.broker.isRunning) await house.broker.restart();
  for (const { proxy } of house.nodes) proxy.mend();
  return acknowledged;
}

/** Whoever observes something is answered sooner or later, whatever is broken. */
async function settled(running: readonly Promise<void>[]): Promise<void> {
  let waiting = running.length;
  const all = Promise.all(running.map((each) => each.finally(() => (waiting -= 1))));
  const late = AbortSignal.timeout(30_000);
  await new Promise<void>((resolve, reject) => {
    late.addEventListener('abort', () => reject(new Error(`${waiting} calls were never answered.`)));
    all.then(() => resolve(), reject);
  });
}

function expectAllowed(error: unknown): void {
  if (!allowed.some((code) => isTiercelError(error, code))) throw error;
}

function keyOf(record: WorldRecord): string {
  return record.type === 'entry-put' ? record.entry.key : record.key;
}

function hlcOf(record: WorldRecord): string {
  return record.type === 'entry-put' ? record.entry.hlc : record.hlc;
}

/**
 * A new epoch, or a crash, begins anew. Where an observation of its own was refused an edge tells again what stood before it,
 * so there a revision may come twice, but none ever falls.
 */
function expectGrowing({ role, revisions }: HouseNode): void {
  const known = new Map<string, number>();
  for (const { key, epoch, life, revision } of revisions) {
    const counter = `${epoch} ${life} ${role === 'core' ? '' : key}`;
    expect(revision).toBeGreaterThanOrEqual((known.get(counter) ?? 0) + (role === 'core' ? 1 : 0));
    known.set(counter, revision);
  }
}

describeWithMosquitto('a core and two edges, over a network and machines that fail', () => {
  it('agree in the end, lose nothing that was acknowledged, and count revisions only up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), fc.nat(), async (steps, seed) => {
        let count = seed;
        await using house = await House.open({
          edges: ['edge-1', 'edge-2'],
          // Every fifth message comes twice, and every seventeenth acknowledgement never.
          disturb: ({ type, qos }) => {
            if (type !== 'publish' && type !== 'puback') return 'pass';
            count += 1;
            if (type === 'puback') return count % 17 === 0 ? 'lose' : 'pass';
            return qos === 1 && count % 5 === 0 ? 'twice' : 'pass';
          },
        });

        const acknowledged = await run(house, steps);
        const truth = await house.converged();
        const { records } = await house.core.world.history('');
        const retained = await house.retained();

        for (const [key, writes] of acknowledged) {
          const last = [...records].reverse().find((record) => keyOf(record) === key);
          const newest = writes.reduce((a, b) => (a.hlc > b.hlc ? a : b));
          const found = last?.type === 'entry-put' ? last.entry : last;
          expect(found?.hlc.localeCompare(newest.hlc)).not.toBe(-1);
          if (last?.type === 'entry-put' && found?.hlc === newest.hlc) {
            expect(last.entry.value).toEqual(newest.value);
          }
        }
        // One change has one effect, however often it arrived.
        const effects = records.map((record) => `${keyOf(record)} ${hlcOf(record)}`);
        expect(effects).toEqual([...new Set(effects)]);
        for (const node of house.nodes) expectGrowing(node);
        const puts = [...retained.values()].filter(({ op }) => op === 'put');
        expect(puts.map((state) => [state.key, state.revision]).sort()).toEqual(
          truth.entries.map(({ key, revision }) => [key, revision]).sort(),
        );
      }),
      { numRuns: 6, endOnFailure: true },
    );
  }, 300_000);
});
