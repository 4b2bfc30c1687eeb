import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LanguageModel, type LanguageModelEvent } from '@tiercel/capabilities/language-model';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { FakeModelStore } from '@tiercel/capabilities/model-store/testing';
import { writeTinyGguf } from '@tiercel/gguf/testing';
import { boot, type Node, supply } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import { collect, failureOf } from './test/collect.js';
import { ask } from './test/requests.js';

/** As long as answers may get here, so that none is over before something happens to it. */
const LONG = 3_000;
const HUNG_AFTER_MS = 5_000;
const FIRST_RESTART_MS = 8;

describe('a model in a process of its own', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tiercel-llm-child-'));
  let node: Node;
  let first: LanguageModel;
  let second: LanguageModel;

  beforeAll(() => writeTinyGguf(path.join(folder, 'tiny.gguf')));

  afterAll(() => rmSync(folder, { recursive: true }));

  beforeEach(async () => {
    const entry = {
      use: '@tiercel/llm-local',
      placement: 'process',
      config: { model: path.join(folder, 'tiny.gguf'), threads: 1, gpu: 'cpu', slots: 2 },
    };
    node = await boot({
      manifest: { tier: 'test', plugins: { first: entry, second: entry, log: null, models: null } },
      plugins: [
        supply('@tiercel/log', Log, new FakeLog()),
        supply('@tiercel/models', ModelStore, new FakeModelStore()),
      ],
      environment: {},
      startTimeoutMs: 60_000,
      placements: [
        createProcessPlacement({
          hungAfterMs: HUNG_AFTER_MS,
          restart: { firstMs: FIRST_RESTART_MS, longestMs: 1_000, steadyAfterMs: 600_000 },
          onOutput: () => undefined,
        }),
      ],
    });
    const [one, other] = node.getAll(LanguageModel);
    if (!one || !other) throw new Error('Two models were expected.');
    [first, second] = [one, other];
  });

  afterEach(async () => {
    await node[Symbol.asyncDispose]();
  });

  function factsOf(plugin: string): Readonly<Record<string, unknown>> {
    return node.describe().plugins.find((candidate) => candidate.plugin === plugin)?.facts ?? {};
  }

  function signal(plugin: string, name: 'SIGKILL' | 'SIGSTOP'): void {
    process.kill(Number(factsOf(plugin)['pid']), name);
  }

  /** Settles with the reasons for which `first` was degraded until it is ready again. */
  function untilReadyAgain(): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const reasons: string[] = [];
      const leave = node.subscribe((event) => {
        if (event.type !== 'plugin-state' || event.status.plugin !== 'first') return;
        if (event.status.state === 'degraded') reasons.push(event.status.reason ?? '');
        if (event.status.state !== 'ready' || reasons.length === 0) return;
        leave();
        resolve(reasons);
      });
    });
  }

  /** An answer that has begun, and the rest of it. */
  async function begun(model: LanguageModel, maxTokens: number) {
    const answer = model.generate(ask('Hello', { maxTokens }))[Symbol.asyncIterator]();
    expect((await answer.next()).value).toMatchObject({ type: 'text-delta' });
    const rest: AsyncIterable<LanguageModelEvent> = { [Symbol.asyncIterator]: () => answer };
    return { answer, rest };
  }

  it('fails each of its answers once when it is killed, hurts no other, and comes back', async () => {
    const killed = await Promise.all([begun(first, LONG), begun(first, LONG)]);
    const unhurt = await begun(second, 200);
    const back = untilReadyAgain();
    const rest = killed.map(({ rest }) => failureOf(collect(rest)));

    signal('first', 'SIGKILL');
    const errors = await Promise.all(rest);
    const ends = await Promise.all(killed.map(({ answer }) => answer.next()));
    const others = await collect(unhurt.rest);
    await back;

    expect(errors).toMatchObject([
      { code: 'PROVIDER_LOST', retryable: true, details: { plugin: 'first' } },
      { code: 'PROVIDER_LOST', retryable: true, details: { plugin: 'first' } },
    ]);
    expect(ends).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(others.at(-1)).toMatchObject({ type: 'end', provider: 'llm-local' });
    expect([factsOf('first')['restarts'], factsOf('second')['restarts']]).toEqual([1, 0]);
    expect((await collect(first.generate(ask('Hello')))).at(-1)?.type).toBe('end');
  });

  it('is started again when it hangs, though its pipe stays open', async () => {
    const { rest } = await begun(first, LONG);
    const back = untilReadyAgain();
    const hanging = failureOf(collect(rest));

    signal('first', 'SIGSTOP');
    const error = await hanging;
    await back;

    expect(error).toMatchObject({
      code: 'PROVIDER_LOST',
      details: { plugin: 'first', finding: `no sign of life for ${HUNG_AFTER_MS} ms` },
    });
    expect(factsOf('first')['restarts']).toBe(1);
    expect((await collect(first.generate(ask('Hello')))).at(-1)?.type).toBe('end');
  });

  it('comes back later each time that it dies', async () => {
    const waits: number[] = [];

    for (let death = 0; death < 3; death++) {
      const back = untilReadyAgain();
      signal('first', 'SIGKILL');
      for (const reason of await back) {
        const waitMs = /starts again in (\d+) ms/.exec(reason)?.[1];
        if (waitMs !== undefined) waits.push(Number(waitMs));
      }
    }

    expect(waits).toHaveLength(3);
    waits.forEach((waitMs, death) => {
      const longestMs = FIRST_RESTART_MS * 2 ** death;
      expect(waitMs).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waitMs).toBeLessThanOrEqual(longestMs);
    });
    expect(factsOf('first')['restarts']).toBe(3);
  });
});
