import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { Stages } from './stages.js';
import { TurnAbort } from './turn-abort.js';

const never = () => new Promise<never>(() => undefined);

function create() {
  const clock = new FakeClock();
  const log = new FakeLog();
  return { clock, log, stages: new Stages(clock, log), controller: new AbortController() };
}

describe('Stages', () => {
  it('gives the result of the work, and leaves no listener and no timer', async () => {
    const { clock, stages, controller } = create();

    const result = await stages.run(
      { stage: 'test', signal: controller.signal, timeoutMs: 100 },
      async () => 5,
    );

    expect(result).toBe(5);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  it('fails a stage that makes no progress, and aborts its signal', async () => {
    const { clock, stages, controller } = create();
    let stageSignal: AbortSignal | undefined;

    const running = stages.run({ stage: 'test', signal: controller.signal, timeoutMs: 100 }, (signal) => {
      stageSignal = signal;
      return never();
    });
    const outcome = expect(running).rejects.toMatchObject({
      code: 'ASSISTANT_STAGE_TIMEOUT',
      details: { stage: 'test', waitedMs: 100 },
    });
    await clock.advance(100);

    await outcome;
    expect(stageSignal?.aborted).toBe(true);
  });

  it('keeps errors of a catalogue and wraps the others', async () => {
    const { stages, controller } = create();
    const options = { stage: 'test', signal: controller.signal };
    const cause = new RangeError('secret');

    const wrapped = stages.run(options, () => Promise.reject(cause));

    await expect(wrapped).rejects.toMatchObject({ code: 'ASSISTANT_STAGE_FAILED', cause });
    await expect(wrapped).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  it('starts the deadline of a stream anew with each item, and lets it rest while the reader works', async () => {
    const { clock, stages, controller } = create();
    async function* slow() {
      for (let item = 0; item < 3; item++) {
        await clock.delay(80);
        yield item;
      }
    }
    const items: number[] = [];

    const reading = (async () => {
      const options = { stage: 'test', signal: controller.signal, timeoutMs: 100 };
      for await (const item of stages.read(options, slow)) {
        items.push(item);
        await clock.delay(500);
      }
    })();
    await clock.advance(3_000);
    await reading;

    expect(items).toEqual([0, 1, 2]);
    expect(clock.pending).toBe(0);
  });

  it('closes a stream that is left early', async () => {
    const { stages, controller } = create();
    let isClosed = false;
    async function* endless() {
      try {
        for (;;) yield 1;
      } finally {
        isClosed = true;
      }
    }

    for await (const _ of stages.read({ stage: 'test', signal: controller.signal }, endless)) break;
    await stages.settled();

    expect(isClosed).toBe(true);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('names a stage that has not settled 5 s after its abort, and goes on without it', async () => {
    const { clock, log, stages, controller } = create();

    const running = stages.run({ stage: 'stubborn', signal: controller.signal }, never);
    controller.abort(new TurnAbort('interruption'));
    await expect(running).rejects.toMatchObject({ reason: 'interruption' });
    const settled = stages.settled();
    await clock.advance(5_000);
    await settled;

    expect(log.lines).toMatchObject([
      { level: 'warn', message: 'stage did not stop', fields: { stage: 'stubborn' } },
    ]);
  });

  it('says nothing about a stage that settles in time', async () => {
    const { clock, log, stages, controller } = create();

    const running = stages.run({ stage: 'test', signal: controller.signal }, (signal) =>
      clock.delay(9, { signal }),
    );
    controller.abort(new TurnAbort('interruption'));
    await expect(running).rejects.toMatchObject({ reason: 'interruption' });
    await stages.settled();

    expect(log.lines).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
