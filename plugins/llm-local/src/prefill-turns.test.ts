import { describe, expect, it } from '@jest/globals';
import { PrefillTurns } from './prefill-turns.js';

const never = new AbortController().signal;

/** A piece of work that ends when the test says so. */
function piece(): { readonly done: Promise<void>; end(): void } {
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end };
}

/** Three prompts of some pieces each, and in which order their pieces were evaluated. */
async function evaluate(turns: PrefillTurns, pieces: Readonly<Record<string, number>>): Promise<string> {
  const order: string[] = [];
  await Promise.all(
    Object.entries(pieces).map(async ([name, count]) => {
      for (let i = 0; i < count; i++) await turns.take(async () => order.push(name), never);
    }),
  );
  return order.join('');
}

describe('PrefillTurns', () => {
  it('lets every prompt evaluate one piece before the next one of the same prompt', async () => {
    expect(await evaluate(new PrefillTurns(), { a: 4, b: 2, c: 3 })).toBe('abcabcaca');
  });

  it('never evaluates two pieces at once', async () => {
    const turns = new PrefillTurns();
    const first = piece();
    let isSecondRunning = false;
    const one = turns.take(() => first.done, never);
    const two = turns.take(async () => {
      isSecondRunning = true;
    }, never);

    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    const whileFirstRuns = isSecondRunning;
    first.end();
    await Promise.all([one, two]);

    expect([whileFirstRuns, isSecondRunning]).toEqual([false, true]);
  });

  it('lets every answer that is under way make its step between two pieces', async () => {
    const turns = new PrefillTurns();
    const step = piece();
    let isSecondRunning = false;
    const answer = turns.step(() => step.done);
    await turns.take(async () => undefined, never);
    const second = turns.take(async () => {
      isSecondRunning = true;
    }, never);

    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    const beforeStep = isSecondRunning;
    step.end();
    await Promise.all([answer, second]);

    expect([beforeStep, isSecondRunning]).toEqual([false, true]);
  });

  it('goes on when a step fails', async () => {
    const turns = new PrefillTurns();
    const step = turns.step(() => Promise.reject(new Error('sampling failed')));
    const first = turns.take(async () => 'first', never);

    await expect(step).rejects.toThrow('sampling failed');
    await first;
    expect(await turns.take(async () => 'second', never)).toBe('second');
  });

  it('passes the turn on after a piece that failed', async () => {
    const turns = new PrefillTurns();
    const failing = turns.take(() => Promise.reject(new Error('decode failed')), never);
    const next = turns.take(async () => 'evaluated', never);

    await expect(failing).rejects.toThrow('decode failed');
    expect(await next).toBe('evaluated');
  });

  it('lets an aborted piece leave at once and goes on with the others', async () => {
    const turns = new PrefillTurns();
    const first = piece();
    const running = turns.take(() => first.done, never);
    const controller = new AbortController();
    const waiting = turns.take(async () => 'evaluated', controller.signal);
    const behind = turns.take(async () => 'next', never);

    controller.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
    await expect(turns.take(async () => 'late', controller.signal)).rejects.toThrow('enough');
    first.end();
    await running;
    expect(await behind).toBe('next');
  });
});
