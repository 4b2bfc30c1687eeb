import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { collect, failureOf, turnsUntil, usageOf } from './test/collect.js';
import { type OpenModel, type OpenModelOptions, openTinyModel } from './test/open-model.js';
import { ask, digits } from './test/requests.js';

const LONG_PROMPT_TOKENS = 3_000;

describe('slots that are shared', () => {
  let opened: OpenModel;
  let metrics: FakeMetrics;

  beforeEach(() => {
    metrics = new FakeMetrics();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await opened.close();
  });

  async function open(options: OpenModelOptions): Promise<void> {
    opened = await openTinyModel({ ...options, metrics });
  }

  /** The slot that is busy and was not before. */
  async function slotOfNext(begin: () => void): Promise<number> {
    const before = opened.provider.slotStates().map(({ isBusy }) => isBusy);
    begin();
    let slot = -1;
    await turnsUntil(() => {
      slot = opened.provider.slotStates().findIndex(({ isBusy }, index) => isBusy && !before[index]);
      return slot >= 0;
    });
    return slot;
  }

  it('let an answer go on while two long prompts are evaluated, one chunk at a time', async () => {
    await open({ engine: { slots: 3 } });
    let answer: Promise<unknown> = Promise.resolve();
    const generating = await slotOfNext(() => {
      answer = collect(opened.provider.generate(ask('Hello', { maxTokens: 2_000 })));
    });
    await turnsUntil(() => (opened.provider.slotStates()[generating]?.generatedTokens ?? 0) > 2);
    const long = [1, 2].map((seed) =>
      collect(opened.provider.generate(ask(digits(LONG_PROMPT_TOKENS, seed)))),
    );
    await turnsUntil(() => opened.provider.load.busy === 3);
    /** Tokens of the answer when so many chunks of the prompts were evaluated. */
    const tokensAtChunk: number[] = [];
    let lead = 0;

    await turnsUntil(() => {
      const states = opened.provider.slotStates();
      const chunks = states.flatMap(({ evaluatedChunks }, slot) =>
        slot === generating ? [] : evaluatedChunks,
      );
      const [one = 0, other = 0] = chunks;
      const areBothEvaluating = states.every(
        ({ generatedTokens }, slot) => slot === generating || generatedTokens === 0,
      );
      if (areBothEvaluating) lead = Math.max(lead, Math.abs(one - other));
      tokensAtChunk[one + other] ??= states[generating]?.generatedTokens ?? 0;
      return (
        !states[generating]?.isBusy || states.every(({ isBusy }, slot) => slot === generating || !isBusy)
      );
    });

    const seen = tokensAtChunk.filter((tokens) => tokens !== undefined);
    const gaps = seen.slice(2).map((tokens, i) => tokens - (seen[i] ?? 0));
    expect(gaps.length).toBeGreaterThan(10);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(lead).toBe(1);
    await Promise.all([answer, ...long]);
  });

  it('let a call forget what its slot held while other answers go on', async () => {
    await open({ engine: { slots: 3 } });
    await opened.provider.warmUp(ask(digits(400, 1)));
    await opened.provider.warmUp(ask(digits(400, 2)));
    await opened.provider.warmUp(ask(digits(400, 3)));
    const others = [4, 5].map((seed) =>
      failureOf(collect(opened.provider.generate(ask(digits(10, seed), { maxTokens: 3_000 })))),
    );
    const generated = () => opened.provider.slotStates().map(({ generatedTokens }) => generatedTokens);
    await turnsUntil(() => generated().filter((tokens) => tokens > 2).length === 2);

    await collect(opened.provider.generate(ask(digits(10, 6), { maxTokens: 2 })));

    expect(opened.provider.load.busy).toBe(2);
    expect(Math.max(...generated())).toBeLessThan(1_000);
    await opened.provider[Symbol.asyncDispose]();
    await Promise.all(others);
  });

  it('serve calls in the order of asking, and refuse what does not fit into the queue', async () => {
    await open({ engine: { slots: 1 }, maxWaiting: 4 });
    const order: number[] = [];

    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, async (_, call) => {
        for await (const event of opened.provider.generate(ask(digits(200, call), { maxTokens: 1 }))) {
          if (event.type === 'end') order.push(call);
        }
      }),
    );

    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(outcomes[5]).toMatchObject({
      status: 'rejected',
      reason: { code: 'LANGUAGE_MODEL_OVERLOADED', retryable: true, details: { waiting: 4, limit: 4 } },
    });
    expect(metrics.valueOf(coreMetrics.llmQueueDepth, { provider: 'llm-local' })).toBe(0);
    expect(metrics.valueOf(coreMetrics.llmSlotsBusy, { provider: 'llm-local' })).toBe(0);
  });

  it('give up a call whose wait in the queue is over', async () => {
    await open({ engine: { slots: 1 }, queueTimeoutMs: 1 });
    const controller = new AbortController();
    const first = failureOf(
      collect(opened.provider.generate(ask('Hello', { maxTokens: 3_000 }), { signal: controller.signal })),
    );
    await turnsUntil(() => opened.provider.load.busy === 1);

    const error = await failureOf(collect(opened.provider.generate(ask('Hello'))));

    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      retryable: true,
      details: { phase: 'queue', waitedMs: 1 },
    });
    controller.abort(new Error('enough'));
    await first;
  });

  it('tell where the time went and how many tokens it was', async () => {
    await open({ engine: { slots: 1 } });
    const [first, second] = await Promise.all(
      [1, 2].map(async () =>
        usageOf(await collect(opened.provider.generate(ask(digits(300), { maxTokens: 8 })))),
      ),
    );

    const { queueMs = 0, prefillMs = 0, decodeMs = 0 } = first?.timings ?? {};
    expect(queueMs).toBeLessThan(prefillMs + decodeMs);
    // The second call waited for all of the first one.
    expect(second?.timings?.queueMs).toBeGreaterThanOrEqual(prefillMs + decodeMs - 2);
    const tokens = (kind: string) => metrics.valueOf(coreMetrics.llmTokens, { provider: 'llm-local', kind });
    const input = 2 * (first?.inputTokens ?? 0);
    const cached = second?.cachedTokens ?? 0;
    expect([tokens('prompt'), tokens('cached'), tokens('completion')]).toEqual([input - cached, cached, 16]);
    expect(metrics.valuesOf(coreMetrics.llmFirstTextSeconds, { provider: 'llm-local' })).toHaveLength(2);
  });

  it('are emptied when they failed, and the error tells what failed without its prompt', async () => {
    await open({});
    const [slot] = opened.engine.slots;
    if (!slot) throw new Error('The model has no slot.');
    jest.spyOn(slot, 'generate').mockImplementationOnce(() => {
      throw new Error('decode failed');
    });

    const error = await failureOf(collect(opened.provider.generate(ask('quince'))));

    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_FAILED',
      details: { model: 'tiny', finding: 'decode failed' },
    });
    expect(String(error)).not.toContain('quince');
    expect([opened.provider.load.busy, opened.provider.slotStates()[0]?.heldTokens]).toEqual([0, 0]);
  });
});
