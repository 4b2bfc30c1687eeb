import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { FakeTextToSpeech } from '@tiercel/capabilities/text-to-speech/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { faulty } from './faulty.js';

async function collect<T>(source: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const item of source) into.push(item);
  return into;
}

describe('faulty', () => {
  it('passes on what has no script, facts too', async () => {
    const voice = new FakeTextToSpeech();
    const wrapped = faulty(voice, TextToSpeech, {});

    const frames = await collect(wrapped.synthesize('Hello there.'));

    expect(frames).toEqual(await collect(voice.synthesize('Hello there.')));
    expect(wrapped.features).toBe(voice.features);
  });

  it('fails the calls of a list by their number, with an error that may be tried again', async () => {
    const provider = new FakeToolProvider();
    const tools = faulty(provider, ToolProvider, { call: [undefined, { type: 'fail' }] });

    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => tools.call('echo', { n })));

    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'TESTKIT_FAULT', retryable: true, details: { call: 2 } } },
      { status: 'fulfilled' },
    ]);
    expect(provider.calls.map(({ args }) => args)).toEqual([{ n: 1 }, { n: 3 }]);
  });

  it('fails with the error of the script', async () => {
    const error = new Error('on purpose');
    const voice = faulty(new FakeTextToSpeech(), TextToSpeech, { synthesize: { type: 'fail', error } });

    await expect(collect(voice.synthesize('Hello.'))).rejects.toBe(error);
  });

  it('hangs until the signal among the arguments aborts, and leaves no listener on it', async () => {
    const tools = faulty(new FakeToolProvider(), ToolProvider, { call: () => ({ type: 'hang' }) });
    const controller = new AbortController();
    const call = tools.call('echo', {}, { signal: controller.signal });
    let isSettled = false;
    const settled = call
      .catch(() => undefined)
      .finally(() => {
        isSettled = true;
      });

    await new Promise((resolve) => setImmediate(resolve));
    const early = isSettled;
    controller.abort(new Error('given up'));
    await settled;

    expect(early).toBe(false);
    await expect(call).rejects.toThrow('given up');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('crashes what the test says, and passes the call on', async () => {
    let crashes = 0;
    const tools = faulty(new FakeToolProvider(), ToolProvider, {
      call: [{ type: 'crash', crash: () => crashes++ }],
    });

    await tools.call('echo', {});
    await tools.call('echo', {});

    expect(crashes).toBe(1);
  });

  it('drops a stream after some items, and frees what stands behind it', async () => {
    let isFreed = false;
    const provider: TextToSpeech = {
      features: new FakeTextToSpeech().features,
      async *synthesize(text) {
        try {
          yield* new FakeTextToSpeech().synthesize(text);
        } finally {
          isFreed = true;
        }
      },
    };
    const voice = faulty(provider, TextToSpeech, { synthesize: { type: 'drop', afterItems: 2 } });
    const items: unknown[] = [];

    await expect(collect(voice.synthesize('A long sentence.'), items as never)).rejects.toMatchObject({
      code: 'TESTKIT_FAULT',
    });

    expect(items).toHaveLength(2);
    expect(isFreed).toBe(true);
  });

  it('cuts a delay short when the signal aborts, so that the provider answers at once', async () => {
    const tools = faulty(new FakeToolProvider(), ToolProvider, {
      call: { type: 'delay', delayMs: 3_600_000 },
    });
    const controller = new AbortController();
    const call = tools.call('echo', {}, { signal: controller.signal });

    controller.abort(new Error('given up'));

    await expect(call).rejects.toThrow('given up');
  });

  it('gives slow items in full', async () => {
    const voice = new FakeTextToSpeech();
    const slow = faulty(voice, TextToSpeech, { synthesize: { type: 'slow', itemDelayMs: 1 } });

    await expect(collect(slow.synthesize('Yes.'))).resolves.toEqual(await collect(voice.synthesize('Yes.')));
  });

  it('loses a notification, and throws from a member that answers at once', () => {
    const log = new FakeLog();
    const lossy = faulty(log, Log, { warn: [{ type: 'lose' }] });
    const clock = faulty(new FakeClock(), Clock, { nowMs: { type: 'fail', error: new Error('no battery') } });

    lossy.warn('first');
    lossy.warn('second');

    expect(log.messages('warn')).toEqual(['second']);
    expect(() => clock.nowMs()).toThrow('no battery');
    expect(clock.timeZone()).toBe('UTC');
  });

  it('refuses a script for something that is no member', () => {
    const script = { speak: { type: 'fail' } } as object;

    expect(() => faulty(new FakeTextToSpeech(), TextToSpeech, script)).toThrow(
      expect.objectContaining({ code: 'TESTKIT_MEMBER_UNKNOWN' }),
    );
  });
});
