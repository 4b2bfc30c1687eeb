import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import fc from 'fast-check';
import type { AuditRecord, AuditTrail } from './audit/audit-trail.js';
import { createToolRegistry } from './tool-registry.js';

const WIDTH = 2;

/** One call: what it carries, how long its tool takes, and after how many steps its caller leaves. */
const someCall = fc.record({
  key: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
  args: fc.constantFrom({ n: 1 }, { n: 2 }, { n: 'wrong' }),
  tool: fc.constantFrom('work', 'stubborn', 'fail', 'forbidden', 'nowhere'),
  turnId: fc.option(fc.constantFrom('t1', 't2'), { nil: undefined }),
  steps: fc.nat(6),
  leavesAfter: fc.option(fc.nat(8), { nil: undefined }),
  startsAfter: fc.nat(6),
});

function openHouse() {
  const clock = new FakeClock();
  const records: AuditRecord[] = [];
  const trail: AuditTrail = {
    isBehind: false,
    append: async (record) => {
      records.push(record);
    },
  };
  const runs: (string | undefined)[] = [];
  const running = new Map<string, number>();
  let mostRunning = 0;
  const count = (name: string, change: number) => {
    const now = (running.get(name) ?? 0) + change;
    running.set(name, now);
    mostRunning = Math.max(mostRunning, now);
  };
  const run = async (name: string, isStubborn: boolean, key: string | undefined, signal?: AbortSignal) => {
    count(name, 1);
    runs.push(key && `${name} ${key}`);
    try {
      for (let step = 0; step < 3; step++) {
        await nextTurn();
        if (!isStubborn) signal?.throwIfAborted();
      }
      if (name === 'fail') throw new Error('broken');
      return { content: 'done' };
    } finally {
      count(name, -1);
    }
  };
  const parameters = {
    type: 'object',
    additionalProperties: false,
    properties: { n: { type: 'integer' } },
  };
  const tools = ['work', 'stubborn', 'fail'].map((name) => ({
    name,
    parameters,
    effect: 'write' as const,
    policy: 'allow' as const,
    limits: { concurrency: WIDTH },
    run: (
      _: unknown,
      options: { readonly idempotencyKey?: string | undefined; readonly signal?: AbortSignal | undefined },
    ) => run(name, name === 'stubborn', options.idempotencyKey, options.signal),
  }));
  const provider = new FakeToolProvider([...tools, { name: 'forbidden', parameters, policy: 'deny' }]);
  const registry = createToolRegistry([provider], {
    trail,
    delay: (ms, options) => clock.delay(ms, options),
    nowMs: () => clock.nowMs(),
  });
  return {
    clock,
    records,
    registry,
    runs,
    mostRunning: () => mostRunning,
    isBusy: () => [...running.values()].some((calls) => calls > 0),
  };
}

describe('ToolRegistry, whatever is called and whoever leaves', () => {
  it('settles each call once, keeps its lanes, its keys and its books', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someCall, { minLength: 1, maxLength: 12 }), async (calls) => {
        const house = openHouse();
        const { registry, records } = house;

        const outcomes = await Promise.all(
          calls.map(async ({ tool, args, key, turnId, leavesAfter, startsAfter }) => {
            for (let step = 0; step < startsAfter; step++) await nextTurn();
            const controller = new AbortController();
            const options = { caller: 'test', idempotencyKey: key, turnId, signal: controller.signal };
            const call = registry.call(tool, args, options).then(
              () => 'ok',
              (error) => error.code ?? error.name,
            );
            if (leavesAfter !== undefined) {
              for (let step = 0; step < leavesAfter; step++) await nextTurn();
              controller.abort();
            }
            return await call;
          }),
        );
        while (house.isBusy()) await nextTurn();
        await nextTurn();

        expect(outcomes).toHaveLength(calls.length);
        expect(house.mostRunning()).toBeLessThanOrEqual(WIDTH);
        expect(house.clock.pending).toBe(0);
        const keyed = house.runs.filter((run) => run !== undefined);
        expect(new Set(keyed).size).toBe(keyed.length);
        expect(accountsOf(records)).toEqual([]);
        const told = new Set(records.flatMap((record) => ('call' in record ? [record.call] : [])));
        expect(told.size).toBe(calls.length);
      }),
      { numRuns: 150 },
    );
  });
});

/** Calls whose records do not add up: a start has one end, and everything else has one record. */
function accountsOf(records: readonly AuditRecord[]): readonly string[] {
  const kinds = new Map<string, string[]>();
  for (const record of records) {
    if (!('call' in record)) continue;
    kinds.set(record.call, [...(kinds.get(record.call) ?? []), record.kind]);
  }
  return [...kinds.values()]
    .map((told) => told.join(' '))
    .filter((told) => !['start end', 'refused', 'repeated'].includes(told));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
