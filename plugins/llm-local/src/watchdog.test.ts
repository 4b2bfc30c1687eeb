import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MIN_STUCK_MS } from './limits.js';
import { collect, failureOf, turnsUntil } from './test/collect.js';
import { type OpenModel, openTinyModel } from './test/open-model.js';
import { ask } from './test/requests.js';

describe('a slot without progress', () => {
  let opened: OpenModel;
  const findings: string[] = [];
  const goOn: (() => void)[] = [];

  beforeEach(async () => {
    findings.length = 0;
    opened = await openTinyModel({ maxWaiting: 4, onStuck: (finding) => findings.push(finding) });
    for (const slot of opened.engine.slots) {
      const blocked = new Promise<void>((resolve) => goOn.push(resolve));
      jest.spyOn(slot, 'adapt').mockImplementationOnce(async () => {
        await blocked;
        return 0;
      });
    }
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  });

  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await opened.close();
  });

  it('ends its call, degrades the plugin, and is reported once it moves again', async () => {
    const answer = failureOf(collect(opened.provider.generate(ask('Hello'))));
    await turnsUntil(() => opened.provider.load.busy === 1);

    await jest.advanceTimersByTimeAsync(MIN_STUCK_MS);
    const error = await answer;
    const busyWhileStuck = opened.provider.load.busy;
    for (const go of goOn.splice(0)) go();
    await opened.provider.whenIdle();

    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      retryable: true,
      details: { phase: 'evaluation', waitedMs: MIN_STUCK_MS },
    });
    expect(busyWhileStuck).toBe(1);
    expect(findings).toEqual(['1 of 2 slots make no progress']);
    expect(opened.health).toEqual(['1 of 2 slots make no progress', 'ready']);
  });

  it('makes the model refuse calls when it was the last one, also those that wait', async () => {
    const calls = Array.from({ length: 4 }, () => failureOf(collect(opened.provider.generate(ask('Hello')))));
    await turnsUntil(() => opened.provider.load.waiting === 2);

    await jest.advanceTimersByTimeAsync(MIN_STUCK_MS);
    const errors = await Promise.all(calls);
    const late = await failureOf(collect(opened.provider.generate(ask('Hello'))));
    for (const go of goOn.splice(0)) go();
    await opened.provider.whenIdle();

    expect(errors.map((error) => (error as { code?: string }).code)).toEqual([
      'LANGUAGE_MODEL_TIMEOUT',
      'LANGUAGE_MODEL_TIMEOUT',
      'LLM_LOCAL_STUCK',
      'LLM_LOCAL_STUCK',
    ]);
    expect(late).toMatchObject({
      code: 'LLM_LOCAL_STUCK',
      retryable: true,
      details: { model: 'tiny', slots: 2 },
    });
    expect(opened.health).toEqual([
      '1 of 2 slots make no progress',
      '2 of 2 slots make no progress',
      '1 of 2 slots make no progress',
      'ready',
    ]);
    const events = await collect(opened.provider.generate(ask('Hello')));
    expect(events.at(-1)?.type).toBe('end');
  });

  it('is not looked for in the first run, which may have to read the weights from a slow disk', async () => {
    const rehearsal = opened.provider.rehearse({ signal: new AbortController().signal });
    await turnsUntil(() => opened.provider.load.busy === 1);

    await jest.advanceTimersByTimeAsync(10 * MIN_STUCK_MS);
    for (const go of goOn.splice(0)) go();
    await rehearsal;

    expect(findings).toEqual([]);
    expect(opened.provider.slotStates().map(({ heldTokens }) => heldTokens)).toEqual([0, 0]);
  });
});
