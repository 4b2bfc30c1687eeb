import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { collect, failureOf, turnsUntil, usageOf } from './test/collect.js';
import { type OpenModel, openTinyModel } from './test/open-model.js';
import { ask, digits } from './test/requests.js';

const LONG_PROMPT_TOKENS = 3_900;
/** Begins with the same tokens. */
const SHORTER_PROMPT_TOKENS = 400;

describe('aborts', () => {
  let opened: OpenModel;
  let metrics: FakeMetrics;

  /** Wide enough that a long prompt takes many chunks and each of them a while. */
  beforeEach(async () => {
    metrics = new FakeMetrics();
    opened = await openTinyModel({ tiny: { width: 192, layers: 3 }, metrics });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await opened.close();
  });

  const evaluatedChunks = () =>
    opened.provider.slotStates().reduce((sum, slot) => sum + slot.evaluatedChunks, 0);

  it('stop a long prompt within one chunk and keep what was evaluated', async () => {
    const controller = new AbortController();
    const answer = collect(
      opened.provider.generate(ask(digits(LONG_PROMPT_TOKENS)), { signal: controller.signal }),
    );
    await turnsUntil(() => evaluatedChunks() >= 2);

    const chunksAtAbort = evaluatedChunks();
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    const busyAtSettling = opened.provider.load.busy;
    await opened.provider.whenIdle();

    const [slot] = opened.provider.slotStates();
    expect(busyAtSettling).toBe(1);
    expect(evaluatedChunks() - chunksAtAbort).toBeLessThanOrEqual(1);
    expect(slot?.evaluatedTokens).toBeLessThan(LONG_PROMPT_TOKENS);
    const shorter = ask(digits(SHORTER_PROMPT_TOKENS), { maxTokens: 1 });
    const { cachedTokens } = usageOf(await collect(opened.provider.generate(shorter)));
    expect(cachedTokens).toBeGreaterThanOrEqual(Math.min(slot?.heldTokens ?? 0, SHORTER_PROMPT_TOKENS));
    expect(metrics.valuesOf(coreMetrics.llmAbortToFreeSeconds, { provider: 'llm-local' })).toHaveLength(1);
  });

  it('stop an answer within one token', async () => {
    const controller = new AbortController();
    const generatedTokens = () =>
      opened.provider.slotStates().reduce((sum, slot) => sum + slot.generatedTokens, 0);
    const answer = collect(
      opened.provider.generate(ask('Hello', { maxTokens: 2_000 }), { signal: controller.signal }),
    );
    await turnsUntil(() => generatedTokens() >= 3);

    const tokensAtAbort = generatedTokens();
    controller.abort(new Error('enough'));
    await failureOf(answer);
    await opened.provider.whenIdle();

    expect(generatedTokens() - tokensAtAbort).toBeLessThanOrEqual(1);
  });

  it('let a call that waits for its turn leave without one more chunk', async () => {
    const long = collect(opened.provider.generate(ask(digits(2_000, 1))));
    await turnsUntil(() => evaluatedChunks() >= 1);
    const controller = new AbortController();
    const waiting = collect(opened.provider.generate(ask(digits(2_000, 2)), { signal: controller.signal }));
    await turnsUntil(() => opened.provider.load.busy === 2);

    controller.abort(new Error('enough'));
    await failureOf(waiting);
    await turnsUntil(() => opened.provider.load.busy === 1);

    const [, second] = opened.provider.slotStates();
    expect(second?.evaluatedChunks).toBeLessThanOrEqual(1);
    await long;
  });

  it('let a queued call leave at once', async () => {
    const running = [1, 2].map((seed) => collect(opened.provider.generate(ask(digits(500, seed)))));
    await turnsUntil(() => opened.provider.load.busy === 2);
    const controller = new AbortController();
    const queued = collect(opened.provider.generate(ask('Hello'), { signal: controller.signal }));
    await turnsUntil(() => opened.provider.load.waiting === 1);

    controller.abort(new Error('enough'));
    await expect(queued).rejects.toThrow('enough');

    expect(opened.provider.load.waiting).toBe(0);
    await Promise.all(running);
  });

  it('leave every slot free, 200 times at any moment, some of them twice', async () => {
    const calls = Array.from({ length: 200 }, async (_, i) => {
      const controller = new AbortController();
      const answer = collect(
        opened.provider.generate(ask(digits(20, i), { maxTokens: 8 }), { signal: controller.signal }),
      );
      for (let turn = 0; turn < i % 40; turn++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error('enough'));
      controller.abort(new Error('twice'));
      return answer.then(
        () => 'answered',
        (error: Error & { code?: string }) => error.code ?? error.message,
      );
    });

    const outcomes = new Set(await Promise.all(calls));
    await opened.provider.whenIdle();

    expect([...outcomes].filter((outcome) => !['answered', 'enough'].includes(outcome))).toEqual([
      'LANGUAGE_MODEL_OVERLOADED',
    ]);
    expect(opened.provider.load).toEqual({ waiting: 0, busy: 0 });
    const last = await collect(opened.provider.generate(ask('Hello')));
    expect(last.at(-1)?.type).toBe('end');
  });

  it('leave no listener behind on the signal of the caller', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');

    await collect(opened.provider.generate(ask('Hello'), { signal }));
    await opened.provider.warmUp(ask('Hello'), { signal });

    expect(added.mock.calls.length).toBe(2);
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(2);
  });
});
