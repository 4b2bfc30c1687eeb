import { describe, expect, it } from '@jest/globals';
import { type CircuitStatus, circuitsOf, TiercelError } from '@tiercel/kernel';
import { type FailoverOptions, firstThatStarts } from './first-that-starts.js';
import {
  collect,
  downOracle,
  errorOf,
  lost,
  Oracle,
  oracle,
  refused,
  Words,
} from './oracles.test.support.js';

function compose(oracles: readonly Oracle[], options: FailoverOptions = {}): Oracle {
  const named = oracles.map((provider, index) => ({ plugin: `oracle-${index + 1}`, provider }));
  return firstThatStarts.with({ cheapTrialMs: 0, ...options })(named, Oracle);
}

function circuitsIn(composite: Oracle): readonly CircuitStatus[] {
  return (composite as Oracle & { [circuitsOf](): readonly CircuitStatus[] })[circuitsOf]();
}

function failuresIn(composite: Oracle): readonly number[] {
  return circuitsIn(composite).map(({ failures }) => failures);
}

/** Yields what it is told, then fails. */
async function* thenFails(items: readonly string[], error: unknown): AsyncGenerator<string> {
  yield* items;
  throw error;
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

describe('a call that has one answer', () => {
  it('goes to the first provider only', async () => {
    const second = downOracle('second');
    const composite = compose([oracle('delphi'), second]);

    expect(await composite.ask('why')).toBe('delphi: why');
    expect(second.calls).toBe(0);
  });

  it('goes on to the next that does not fail with a retryable error', async () => {
    const composite = compose([downOracle('a'), downOracle('b'), oracle('dodona')]);

    expect(await composite.ask('why')).toBe('dodona: why');
    expect(failuresIn(composite)).toEqual([1, 1, 0]);
  });

  it('fails at once with an error that would be the same elsewhere, which says nothing about the circuit', async () => {
    const refusal = refused();
    const composite = compose([
      oracle('delphi', {
        ask: async () => {
          throw refusal;
        },
      }),
      oracle('dodona'),
    ]);

    expect(await errorOf(() => composite.ask('why'))).toBe(refusal);
    expect(failuresIn(composite)).toEqual([0, 0]);
  });

  it('takes an error that is not from a catalogue for one that would be the same elsewhere', async () => {
    const bug = new TypeError('not a function');
    const composite = compose([
      oracle('delphi', {
        ask: () => {
          throw bug;
        },
      }),
      oracle('dodona'),
    ]);

    expect(await errorOf(() => composite.ask('why'))).toBe(bug);
  });

  it('tells of every attempt when all fail, and may be tried again', async () => {
    const composite = compose([downOracle('a'), downOracle('b')]);

    const error = await errorOf(() => composite.ask('why'));

    expect(error).toMatchObject({
      code: 'FAILOVER_EXHAUSTED',
      retryable: true,
      details: {
        capability: 'oracle',
        member: 'ask',
        attempts: [
          { plugin: 'oracle-1', code: 'PROVIDER_LOST', finding: 'Plugin a lost its process.' },
          { plugin: 'oracle-2', code: 'PROVIDER_LOST', finding: 'Plugin b lost its process.' },
        ],
      },
      cause: { errors: [{ code: 'PROVIDER_LOST' }, { code: 'PROVIDER_LOST' }] },
    });
    expect(error.message).toContain('oracle-2: PROVIDER_LOST');
  });

  it('goes on after an error that is named for it, which is no failure of the provider', async () => {
    const silent = oracle('delphi', { ask: async () => Promise.reject(refused()) });
    const provider = compose([silent, oracle('dodona')], { passOn: ['ORACLE_REFUSED'] });

    const answers = [await provider.ask('why'), await provider.ask('why'), await provider.ask('why')];

    expect(answers).toEqual(['dodona: why', 'dodona: why', 'dodona: why']);
    expect(circuitsIn(provider)[0]).toEqual({ plugin: 'oracle-1', state: 'closed', failures: 0 });
  });

  it('fails as the first that refused, if nobody takes it, for the others may only be down', async () => {
    const silent = oracle('dodona', { ask: async () => Promise.reject(refused()) });
    const provider = compose([downOracle('delphi'), silent, downOracle('cumae')], {
      passOn: ['ORACLE_REFUSED'],
    });

    expect(await errorOf(() => provider.ask('why'))).toMatchObject({
      code: 'ORACLE_REFUSED',
      retryable: false,
    });
  });

  it('fails as its only provider does', async () => {
    expect(await errorOf(() => compose([downOracle('a')]).ask('why'))).toMatchObject({
      code: 'PROVIDER_LOST',
    });
  });
});

describe('a caller that gives up', () => {
  it('gets the reason of its abort, whatever the provider says, and nobody else is asked', async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const second = downOracle('second');
    const composite = compose([
      oracle('delphi', {
        ask: async () => {
          controller.abort(reason);
          throw lost();
        },
      }),
      second,
    ]);

    const error = await errorOf(() => composite.ask('why', { signal: controller.signal }));

    expect(error).toBe(reason);
    expect(second.calls).toBe(0);
    expect(failuresIn(composite)).toEqual([0, 0]);
  });

  it('gets the error of a provider that answers the abort in its own way', async () => {
    const own = new TiercelError('ORACLE_INTERRUPTED', 'Interrupted.');
    const composite = compose([
      oracle('delphi', {
        ask: async () => {
          throw own;
        },
      }),
      oracle('dodona'),
    ]);

    expect(await errorOf(() => composite.ask('why', { signal: AbortSignal.abort() }))).toBe(own);
  });

  it('leaves a stream that has not begun, and it passes to nobody else', async () => {
    let left: () => void = () => undefined;
    const second = downOracle('second');
    const composite = compose([
      oracle('delphi', {
        speak: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () =>
              new Promise((_resolve, reject) => {
                left = () => reject(lost());
              }),
            return: async () => {
              left();
              return { done: true as const, value: undefined };
            },
          }),
        }),
      }),
      second,
    ]);
    const reader = composite.speak(3)[Symbol.asyncIterator]();
    const reading = reader.next();

    await reader.return?.();

    expect(await reading).toEqual({ done: true, value: undefined });
    expect(second.calls).toBe(0);
    expect(failuresIn(composite)).toEqual([0, 0]);
  });

  it('leaves a stream that has begun, and so does what stands behind it', async () => {
    let isClosed = false;
    const composite = compose([
      oracle('delphi', {
        async *speak() {
          try {
            yield 'one';
            yield 'two';
          } finally {
            isClosed = true;
          }
        },
      }),
      oracle('dodona'),
    ]);

    for await (const word of composite.speak(2)) {
      expect(word).toBe('one');
      break;
    }

    expect(isClosed).toBe(true);
  });
});

describe('a stream that comes back', () => {
  it('begins when it is first read', async () => {
    const first = downOracle('first');
    const stream = compose([first, oracle('dodona')]).speak(2);

    const before = first.calls;
    const words = await collect(stream);

    expect([before, first.calls]).toEqual([0, 1]);
    expect(words).toEqual(['dodona 0', 'dodona 1']);
  });

  it('stays with a provider that has given an item: what fails later reaches the caller', async () => {
    const failure = lost();
    const composite = compose([
      oracle('delphi', { speak: () => thenFails(['one'], failure) }),
      oracle('dodona'),
    ]);
    const reader = composite.speak(2)[Symbol.asyncIterator]();

    const first = await reader.next();
    const error = await errorOf(() => reader.next());
    const after = await reader.next();

    expect(first).toEqual({ done: false, value: 'one' });
    expect(error).toBe(failure);
    expect(after.done).toBe(true);
  });

  it('takes an end without items for a result', async () => {
    const second = downOracle('second');

    expect(await collect(compose([oracle('delphi'), second]).speak(0))).toEqual([]);
    expect(second.calls).toBe(0);
  });

  it('gives items in order to a reader that asks for several at once', async () => {
    const reader = compose([downOracle('a'), oracle('dodona')])
      .speak(2)
      [Symbol.asyncIterator]();

    const results = await Promise.all([reader.next(), reader.next(), reader.next()]);

    expect(results.map(({ value }) => value)).toEqual(['dodona 0', 'dodona 1', undefined]);
  });

  it('fails once when nobody can begin it, and is over then', async () => {
    const reader = compose([downOracle('a'), downOracle('b')])
      .speak(2)
      [Symbol.asyncIterator]();

    const [first, second] = await Promise.allSettled([reader.next(), reader.next()]);
    const third = await reader.next();

    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'FAILOVER_EXHAUSTED' } });
    expect([second, third]).toMatchObject([{ value: { done: true } }, { done: true }]);
  });

  it('begins nothing when it is left before it is read', async () => {
    const first = downOracle('first');
    const reader = compose([first, oracle('dodona')])
      .speak(2)
      [Symbol.asyncIterator]();

    await reader.return?.();

    expect(await reader.next()).toMatchObject({ done: true });
    expect(first.calls).toBe(0);
  });
});

describe('a call that reads a stream of the caller', () => {
  it('is passed on whole when the failed provider has not read', async () => {
    const words = new Words(['what', 'is', 'it']);
    const composite = compose([downOracle('a'), oracle('dodona')]);

    expect(await composite.listen(words)).toBe('dodona: what is it');
    expect([words.opens, words.reads]).toEqual([1, 4]);
  });

  it('is passed on whole when the failed provider had asked for an item and not got it', async () => {
    let say: (word: IteratorResult<string>) => void = () => undefined;
    const spoken = new Promise<IteratorResult<string>>((resolve) => {
      say = resolve;
    });
    const rest = [spoken, Promise.resolve({ done: true as const, value: undefined })];
    const words: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => rest.shift() ?? never() }),
    };
    let late: Promise<IteratorResult<string>> = never();
    const composite = compose([
      oracle('delphi', {
        listen: async (heard) => {
          late = heard[Symbol.asyncIterator]().next();
          throw lost();
        },
      }),
      oracle('dodona'),
    ]);

    const answer = composite.listen(words);
    say({ done: false, value: 'hello' });

    expect(await answer).toBe('dodona: hello');
    expect(await late).toEqual({ done: true, value: undefined });
  });

  it('is passed on when the stream is known to be empty', async () => {
    const composite = compose([
      oracle('delphi', {
        listen: async (heard) => {
          await collect(heard);
          throw lost();
        },
      }),
      oracle('dodona'),
    ]);

    expect(await composite.listen(new Words([]))).toBe('dodona: ');
  });

  it('fails when the failed provider has got an item, for nobody else could hear it', async () => {
    const failure = lost();
    const second = downOracle('second');
    const composite = compose([
      oracle('delphi', {
        listen: async (heard) => {
          for await (const _word of heard) throw failure;
          return '';
        },
      }),
      second,
    ]);
    const words = new Words(['what', 'is', 'it']);

    const error = await errorOf(() => composite.listen(words));

    expect(error).toBe(failure);
    expect(second.calls).toBe(0);
    expect(failuresIn(composite)).toEqual([1, 0]);
    expect(words.isClosed).toBe(true);
  });

  it('fails as the stream does, which is no fault of a provider', async () => {
    const failure = lost('microphone');
    const second = downOracle('second');
    const composite = compose([oracle('delphi'), second]);

    const error = await errorOf(() => composite.listen(new Words([], failure)));

    expect(error).toBe(failure);
    expect(second.calls).toBe(0);
    expect(failuresIn(composite)).toEqual([0, 0]);
  });

  it('tells only the present provider that the stream has failed', async () => {
    const failure = lost('microphone');
    let fail: () => void = () => undefined;
    const words: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((_resolve, reject) => {
            fail = () => reject(failure);
          }),
      }),
    };
    let late: Promise<IteratorResult<string>> = never();
    const composite = compose([
      oracle('delphi', {
        listen: async (heard) => {
          late = heard[Symbol.asyncIterator]().next();
          throw lost();
        },
      }),
      oracle('dodona', {
        listen: async (heard) => {
          const reading = collect(heard);
          fail();
          return (await reading).join(' ');
        },
      }),
    ]);

    const error = await errorOf(() => composite.listen(words));

    expect(error).toBe(failure);
    expect(await late).toEqual({ done: true, value: undefined });
    expect(failuresIn(composite)).toEqual([1, 0]);
  });

  it('keeps the stream open while it passes from one to the next, and closes it when the last one has left', async () => {
    const closedAt: boolean[] = [];
    const words = new Words(['what']);
    const leaves = async (heard: AsyncIterable<string>) => {
      closedAt.push(words.isClosed);
      await heard[Symbol.asyncIterator]().return?.();
      throw lost();
    };
    const composite = compose([oracle('a', { listen: leaves }), oracle('b', { listen: leaves })]);

    await errorOf(() => composite.listen(words));

    expect(closedAt).toEqual([false, false]);
    expect(words.isClosed).toBe(true);
  });

  it('gives nothing more to a provider that has failed, and loses nothing to it', async () => {
    let first: AsyncIterator<string> | undefined;
    const late: unknown[] = [];
    const composite = compose([
      oracle('delphi', {
        listen: async (heard) => {
          first = heard[Symbol.asyncIterator]();
          throw lost();
        },
      }),
      oracle('dodona', {
        listen: async (heard) => {
          const taken: string[] = [];
          late.push(await first?.next());
          for await (const word of heard) {
            taken.push(word);
            late.push(await first?.next());
          }
          await first?.return?.();
          return taken.join(' ');
        },
      }),
    ]);
    const words = new Words(['what', 'is', 'it']);

    expect(await composite.listen(words)).toBe('what is it');
    expect(late).toEqual(Array.from({ length: 4 }, () => ({ done: true, value: undefined })));
    expect(words.isClosed).toBe(false);
  });

  it('closes a stream that was left unread, whether the call succeeds or is refused', async () => {
    const leave = async (heard: AsyncIterable<string>) => {
      await heard[Symbol.asyncIterator]().return?.();
    };
    const deaf = oracle('delphi', {
      listen: async (heard) => {
        await leave(heard);
        return 'I know without listening';
      },
    });
    const haughty = oracle('dodona', {
      listen: async (heard) => {
        await leave(heard);
        throw refused();
      },
    });
    const streams = [new Words(['what']), new Words(['what'])] as const;

    await compose([deaf, oracle('other')]).listen(streams[0]);
    await errorOf(() => compose([haughty, oracle('other')]).listen(streams[1]));

    expect(streams.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });

  it('closes the stream that a provider leaves early', async () => {
    const words = new Words(['what', 'is', 'it']);
    const composite = compose([
      oracle('delphi', {
        listen: async (heard) => {
          for await (const word of heard) return word;
          return '';
        },
      }),
      oracle('dodona'),
    ]);

    expect(await composite.listen(words)).toBe('what');
    expect(words.isClosed).toBe(true);
  });
});

describe('a stream that answers a stream', () => {
  it('is passed on whole before anything was read or given', async () => {
    const composite = compose([downOracle('a'), oracle('dodona')]);

    expect(await collect(composite.answer(new Words(['one', 'two'])))).toEqual([
      'dodona: one',
      'dodona: two',
    ]);
  });

  it('stays with a provider that has read, though it has given nothing', async () => {
    const failure = lost();
    const composite = compose([
      oracle('delphi', {
        // biome-ignore lint/correctness/useYield: it fails before it has anything to give
        async *answer(words) {
          for await (const _word of words) throw failure;
        },
      }),
      oracle('dodona'),
    ]);

    expect(await errorOf(() => collect(composite.answer(new Words(['one']))))).toBe(failure);
  });

  it('stays with a provider that has given something, though it has read nothing', async () => {
    const failure = lost();
    const words = new Words(['one']);
    const composite = compose([
      oracle('delphi', { answer: () => thenFails(['hm'], failure) }),
      oracle('dodona'),
    ]);

    expect(await errorOf(() => collect(composite.answer(words)))).toBe(failure);
    expect(words.reads).toBe(0);
  });

  it('keeps the stream open for a provider that speaks before it reads, though another one has left it', async () => {
    const words = new Words(['one']);
    const composite = compose([
      oracle('delphi', {
        // biome-ignore lint/correctness/useYield: it fails before it has anything to give
        async *answer(heard) {
          await heard[Symbol.asyncIterator]().return?.();
          throw lost();
        },
      }),
      oracle('dodona', {
        async *answer(heard) {
          yield 'hm';
          yield `open ${!words.isClosed}`;
          yield* heard;
        },
      }),
    ]);

    expect(await collect(composite.answer(words))).toEqual(['hm', 'open true', 'one']);
  });

  it('closes what it read when the caller leaves before the first item', async () => {
    const words = new Words(['one']);
    const composite = compose([
      oracle('delphi', {
        answer: (heard) => {
          const reader = heard[Symbol.asyncIterator]();
          return {
            [Symbol.asyncIterator]: () => ({
              next: () => never(),
              return: async () => {
                await reader.return?.();
                return { done: true as const, value: undefined };
              },
            }),
          };
        },
      }),
      oracle('dodona'),
    ]);
    const reader = composite.answer(words)[Symbol.asyncIterator]();
    void reader.next();

    await reader.return?.();

    expect(words.isClosed).toBe(true);
  });
});

describe('members that answer at once', () => {
  it('are asked of the first provider that does not fail', () => {
    const composite = compose([downOracle('a'), oracle('dodona')]);

    expect(composite.guess()).toBe('dodona');
  });

  it('throw when all fail', async () => {
    const composite = compose([downOracle('a'), downOracle('b')]);

    expect(await errorOf(() => composite.guess())).toMatchObject({ code: 'FAILOVER_EXHAUSTED' });
  });

  it('prove that a provider is well, while a message nobody answers proves nothing', async () => {
    const heard: string[] = [];
    let isDown = true;
    const composite = compose([
      oracle('delphi', {
        guess: () => {
          if (isDown) throw lost();
          return 'delphi';
        },
        note: (text) => void heard.push(text),
      }),
      oracle('dodona'),
    ]);
    composite.guess();
    isDown = false;

    composite.note('told');
    const afterNote = failuresIn(composite);
    composite.guess();
    const afterGuess = failuresIn(composite);

    expect(heard).toEqual(['told']);
    expect([afterNote, afterGuess]).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  it('hand a message to the next when the first does not take it', () => {
    const heard: string[] = [];
    const composite = compose([downOracle('a'), oracle('dodona', { note: (text) => void heard.push(text) })]);

    composite.note('told');

    expect(heard).toEqual(['told']);
  });
});

describe('facts', () => {
  it('are those of the first provider that can tell them', () => {
    expect(compose([oracle('delphi'), oracle('dodona')]).name).toBe('delphi');
    expect(compose([downOracle('a'), oracle('dodona')]).name).toBe('dodona');
  });

  it('are those of the provider that takes the next call', async () => {
    const ask = async () => {
      throw lost();
    };
    const composite = compose([oracle('delphi', { ask }), oracle('dodona')]);
    for (let count = 0; count < 3; count++) await composite.ask('why');

    expect(composite.name).toBe('dodona');
  });

  it('are those of the next provider where the first has none yet', () => {
    const unborn = Object.defineProperty(oracle('delphi'), 'name', { value: undefined });

    expect(compose([unborn, oracle('dodona')]).name).toBe('dodona');
  });

  it('throw what is a fault of the provider, and no outage', async () => {
    const bug = new TypeError('not a name');
    const faulty = Object.defineProperty(oracle('delphi'), 'name', {
      get: () => {
        throw bug;
      },
    });

    expect(await errorOf(() => compose([faulty, oracle('dodona')]).name)).toBe(bug);
  });

  it('throw when nobody can tell them', async () => {
    expect(await errorOf(() => compose([downOracle('a'), downOracle('b')]).name)).toMatchObject({
      code: 'PROVIDER_LOST',
    });
  });
});

describe('circuits', () => {
  it('pass over a provider after three failures, until its cool-down is over', async () => {
    let nowMs = 0;
    const first = downOracle('first');
    const composite = compose([first, oracle('dodona')], { nowMs: () => nowMs });
    for (let count = 0; count < 5; count++) await composite.ask('why');
    const open = [first.calls, circuitsIn(composite)[0]];

    nowMs = 5_000;
    await composite.ask('why');
    await composite.ask('why');

    expect(open).toEqual([
      3,
      {
        plugin: 'oracle-1',
        state: 'open',
        failures: 3,
        retryInMs: 5_000,
        reason: 'Plugin first lost its process.',
      },
    ]);
    expect(first.calls).toBe(4);
    expect(circuitsIn(composite)[0]).toMatchObject({ state: 'open', retryInMs: 10_000 });
  });

  it('let one call of many through when the cool-down is over', async () => {
    let nowMs = 0;
    let isDown = true;
    const asked: string[] = [];
    const composite = compose(
      [
        oracle('delphi', {
          ask: async (question) => {
            asked.push(question);
            if (isDown) throw lost();
            return 'delphi';
          },
        }),
        oracle('dodona'),
      ],
      { nowMs: () => nowMs },
    );
    for (let count = 0; count < 3; count++) await composite.ask('early');
    nowMs = 5_000;
    isDown = false;

    const answers = await Promise.all([composite.ask('one'), composite.ask('two'), composite.ask('three')]);
    const after = await composite.ask('four');

    expect(asked.slice(3)).toEqual(['one', 'four']);
    expect(answers).toEqual(['delphi', 'dodona: two', 'dodona: three']);
    expect(after).toBe('delphi');
  });

  it('leave of those that are passed over the one that would be asked again soonest as the last resort', async () => {
    let nowMs = 0;
    let secondIsDown = false;
    let secondCalls = 0;
    const first = downOracle('first');
    const second = oracle('dodona', {
      ask: async () => {
        secondCalls++;
        if (secondIsDown) throw lost('second');
        return 'dodona';
      },
    });
    const composite = compose([first, second], { nowMs: () => nowMs, failuresToOpen: 1 });
    await composite.ask('opens the first');
    nowMs = 5_000;
    await composite.ask('is the trial of the first');
    nowMs = 6_000;
    secondIsDown = true;
    await errorOf(() => composite.ask('opens the second, and the first is the last resort'));
    const calls = [first.calls, secondCalls];
    const states = circuitsIn(composite).map(({ state, retryInMs }) => [state, retryInMs]);

    const error = await errorOf(() => composite.ask('has only last resorts'));

    expect(states).toEqual([
      ['open', 9_000],
      ['open', 5_000],
    ]);
    expect(calls).toEqual([3, 3]);
    expect([first.calls, secondCalls]).toEqual([3, 4]);
    expect(error).toMatchObject({ code: 'PROVIDER_LOST', message: 'Plugin second lost its process.' });
  });

  it('close with the first item of a stream', async () => {
    let isDown = true;
    const composite = compose([
      oracle('delphi', {
        async *speak() {
          if (isDown) throw lost();
          yield 'delphi';
        },
      }),
      oracle('dodona'),
    ]);
    await collect(composite.speak(1));
    isDown = false;
    const before = failuresIn(composite);

    await composite.speak(1)[Symbol.asyncIterator]().next();

    expect([before, failuresIn(composite)]).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  it('try a provider that stays down once a minute in the end', async () => {
    let nowMs = 0;
    const composite = compose([downOracle('first'), oracle('dodona')], { nowMs: () => nowMs });
    for (let count = 0; count < 3; count++) await composite.ask('why');

    for (let trial = 0; trial < 6; trial++) {
      nowMs += circuitsIn(composite)[0]?.retryInMs ?? 0;
      await composite.ask('why');
    }

    expect(circuitsIn(composite)[0]).toMatchObject({ failures: 9, retryInMs: 60_000 });
  });

  it('are no enumerable member, so that nobody takes them for one of the contract', () => {
    const composite = compose([oracle('delphi'), oracle('dodona')]);

    expect(Object.keys(composite)).toEqual(Object.keys(Oracle.methods));
    expect(Object.getOwnPropertyDescriptor(composite, circuitsOf)?.enumerable).toBe(false);
  });

  it('are as patient as they are told to be', async () => {
    const first = downOracle('first');
    const composite = compose([first, oracle('dodona')], {
      failuresToOpen: 1,
      coolDownMs: 50,
      longestCoolDownMs: 80,
      nowMs: () => 0,
    });

    await composite.ask('why');

    expect(circuitsIn(composite)[0]).toMatchObject({ state: 'open', retryInMs: 50 });
  });
});
