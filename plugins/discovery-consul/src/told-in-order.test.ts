import { describe, expect, it, jest } from '@jest/globals';
import type { EndpointSet } from '@tiercel/capabilities/discovery';
import fc from 'fast-check';
import { ConsulDouble, type Fault } from './test/consul-double.js';
import { instancesOf } from './test/instances-of.js';
import { openTestConsul, type TestConsul } from './test/open-test-consul.js';

jest.setTimeout(240_000);

const faults = fc.constantFrom<Fault>(
  { does: 'answer', status: 500 },
  { does: 'answer', status: 429 },
  { does: 'answer', status: 403 },
  { does: 'answer', status: 200, text: 'null' },
  { does: 'answer', status: 200, text: '[{"Service":' },
  { does: 'drop' },
  { does: 'break-off' },
  { does: 'hang' },
  { does: 'index', index: '0' },
  { does: 'index', index: '3' },
  { does: 'index', index: '1000000' },
  { does: 'index', index: undefined },
);

type Step =
  | { readonly does: 'change'; readonly isEmpty: boolean }
  | { readonly does: 'touch' | 'end-waits' | 'restart' }
  | { readonly does: 'reset'; readonly index: number }
  | { readonly does: 'fail'; readonly fault: Fault }
  | { readonly does: 'pass'; readonly ms: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('change' as const), isEmpty: fc.boolean() }) },
  fc.record({ does: fc.constantFrom('touch' as const, 'end-waits' as const, 'restart' as const) }),
  fc.record({ does: fc.constant('reset' as const), index: fc.nat({ max: 50 }) }),
  { weight: 3, arbitrary: fc.record({ does: fc.constant('fail' as const), fault: faults }) },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 70_000 }) }),
  },
);

describe('whatever Consul does', () => {
  it('the set is one that it told, never older than the one before, and in the end the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (drawn) => {
        await using consul = await ConsulDouble.open();
        let version = 1;
        consul.set('llm', instancesAt(version));
        const told: EndpointSet[] = [];
        const first = await openTestConsul(consul.address);
        let current = first;
        let reading = readAll(current, told);

        for (const step of drawn) {
          if (step.does === 'change') consul.set('llm', instancesAt(++version, step.isEmpty));
          if (step.does === 'touch') consul.touch('llm');
          if (step.does === 'end-waits') consul.endWaits();
          if (step.does === 'reset') consul.resetIndex(step.index);
          if (step.does === 'fail') consul.fail(step.fault);
          if (step.does === 'pass') await current.clock.advance(step.ms);
          if (step.does === 'restart') {
            await reading.leave();
            await current[Symbol.asyncDispose]();
            current = await openTestConsul(consul.address, { directory: first.directory });
            reading = readAll(current, told);
          }
          await settle();
        }
        consul.calm();
        consul.set('llm', instancesAt(++version));
        while (versionOf(told.at(-1)) !== version || told.at(-1)?.isStale) {
          await current.clock.advance(1_000);
          await settle();
        }
        await reading.leave();
        await current[Symbol.asyncDispose]();
        await first[Symbol.asyncDispose]();

        // Empty sets have no version: they stand where they stand.
        const versions = told.map(versionOf).filter((each) => each !== undefined);
        expect(versions).toEqual([...versions].sort((a, b) => a - b));
      }),
      { numRuns: 60 },
    );
  });
});

/** A set whose port says when it was told. */
function instancesAt(version: number, isEmpty = false) {
  return isEmpty ? [] : instancesOf([{ url: `http://10.0.0.5:${version}` }]);
}

function versionOf(set: EndpointSet | undefined): number | undefined {
  const [endpoint] = set?.endpoints ?? [];
  return endpoint && Number(new URL(endpoint.url).port || 80);
}

function readAll({ discovery }: TestConsul, told: EndpointSet[]) {
  const sets = discovery.watch('llm');
  const reading = (async () => {
    for await (const set of sets) told.push(set);
  })();
  return {
    async leave() {
      await sets.return?.();
      await reading;
    },
  };
}

/** Long enough for most answers of a server on this machine; nothing depends on it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
