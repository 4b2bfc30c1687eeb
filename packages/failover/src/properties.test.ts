import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstThatStarts } from './first-that-starts.js';
import { lost, Oracle, oracle, refused, Words } from './oracles.test.support.js';

type Ending = 'ends' | 'fails-passing' | 'fails-final';

/** What a provider does with one call: takes so many items of the caller, gives so many of its own, and ends like this. */
interface Behaviour {
  readonly takes: number;
  readonly gives: number;
  readonly ending: Ending;
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  takes: fc.nat({ max: 3 }),
  gives: fc.nat({ max: 3 }),
  ending: fc.constantFrom<Ending>('ends', 'fails-passing', 'fails-final'),
});

const words = ['one', 'two'];

/** A provider that behaves like this while `scheduler` decides who goes on when; it notes what it got. */
function behaving(
  index: number,
  { takes, gives, ending }: Behaviour,
  scheduler: fc.Scheduler,
  got: string[][],
) {
  const heard: string[] = [];
  got[index] = heard;
  const take = async (source?: AsyncIterable<string>) => {
    const reader = source?.[Symbol.asyncIterator]();
    for (let count = 0; reader && count < takes; count++) {
      const { done, value } = await reader.next();
      if (done) return;
      heard.push(value);
      await scheduler.schedule(Promise.resolve());
    }
  };
  const end = () => {
    if (ending === 'fails-passing') throw lost();
    if (ending === 'fails-final') throw refused();
  };
  const give = async function* () {
    for (let count = 0; count < gives; count++) {
      await scheduler.schedule(Promise.resolve());
      yield `${index}.${count}`;
    }
    await scheduler.schedule(Promise.resolve());
    end();
  };
  return oracle(`${index}`, {
    speak: give,
    listen: async (source) => {
      await take(source);
      end();
      return `${index}`;
    },
    async *answer(source) {
      await take(source);
      yield* give();
    },
  });
}

/** What the caller of these behaviours is to see. */
function expected(behaviours: readonly Behaviour[], reads: boolean) {
  for (const [index, { takes, gives, ending }] of behaviours.entries()) {
    const given = Array.from({ length: gives }, (_, count) => `${index}.${count}`);
    if (ending === 'ends') return { index, given, code: 'none' };
    if (ending === 'fails-final') return { index, given, code: 'ORACLE_REFUSED' };
    if (gives > 0 || (reads && takes > 0)) return { index, given, code: 'PROVIDER_LOST' };
  }
  return {
    index: undefined,
    given: [],
    code: behaviours.length === 1 ? 'PROVIDER_LOST' : 'FAILOVER_EXHAUSTED',
  };
}

/** Reads a stream with so many reads under way at once; what it gave, and the code of the error it ended with. */
async function read(source: AsyncIterable<string>, atOnce: number) {
  const reader = source[Symbol.asyncIterator]();
  const given: string[] = [];
  let code = 'none';
  let isOver = false;
  while (!isOver) {
    for (const result of await Promise.allSettled(Array.from({ length: atOnce }, () => reader.next()))) {
      if (result.status === 'rejected') code = (result.reason as { code: string }).code;
      else if (!result.value.done) given.push(result.value.value);
      isOver ||= result.status === 'rejected' || result.value.done === true;
    }
  }
  return { given, code };
}

const several = fc.array(behaviour, { minLength: 1, maxLength: 4 });

function composeOf(behaviours: readonly Behaviour[], scheduler: fc.Scheduler) {
  const got: string[][] = [];
  const named = behaviours.map((one, index) => {
    return { plugin: `${index}`, provider: behaving(index, one, scheduler, got) };
  });
  return { composite: firstThatStarts(named, Oracle), got };
}

describe('whatever the providers do', () => {
  it('a stream gives the items of one provider, each once and in order, and ends as that one does', async () => {
    await fc.assert(
      fc.asyncProperty(
        several,
        fc.integer({ min: 1, max: 3 }),
        fc.scheduler(),
        async (behaviours, atOnce, s) => {
          const { composite } = composeOf(behaviours, s);

          const seen = await s.waitFor(read(composite.speak(0), atOnce));

          const { given, code } = expected(behaviours, false);
          expect(seen).toEqual({ given, code });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a stream that answers a stream gives the items of one provider, and that one alone gets the input, whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        several,
        fc.integer({ min: 1, max: 3 }),
        fc.scheduler(),
        async (behaviours, atOnce, s) => {
          const { composite, got } = composeOf(behaviours, s);

          const seen = await s.waitFor(read(composite.answer(new Words(words)), atOnce));

          const { index, given, code } = expected(behaviours, true);
          expect(seen).toEqual({ given, code });
          expect(got).toEqual(
            behaviours.map(({ takes }, provider) => (provider === index ? words.slice(0, takes) : [])),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a call that reads a stream has one outcome, of a provider that got the input whole', async () => {
    await fc.assert(
      fc.asyncProperty(several, fc.scheduler(), async (all, s) => {
        const behaviours = all.map((one) => ({ ...one, gives: 0 }));
        const { composite, got } = composeOf(behaviours, s);

        const answer = composite.listen(new Words(words)).then(
          (value) => ({ value, code: 'none' }),
          (error) => ({ value: undefined, code: error.code }),
        );
        const seen = await s.waitFor(answer);

        const { index, code } = expected(behaviours, true);
        expect(seen).toEqual({ value: code === 'none' ? `${index}` : undefined, code });
        expect(got).toEqual(
          behaviours.map(({ takes }, provider) => (provider === index ? words.slice(0, takes) : [])),
        );
      }),
      { numRuns: 500 },
    );
  });
});
