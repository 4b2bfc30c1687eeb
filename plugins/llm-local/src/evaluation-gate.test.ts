import { describe, expect, it } from '@jest/globals';
import { EvaluationGate } from './evaluation-gate.js';

/** A change that ends when the test says so. */
function change(): { readonly done: Promise<void>; end(): void } {
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end };
}

describe('EvaluationGate', () => {
  it('is open while nothing is changed', async () => {
    const gate = new EvaluationGate();

    await expect(gate.open()).resolves.toBeUndefined();
  });

  it('holds evaluation back until the last change is done', async () => {
    const gate = new EvaluationGate();
    const [first, second] = [change(), change()];
    const changes = [gate.hold(() => first.done), gate.hold(() => second.done)];
    const log: string[] = [];
    const evaluation = gate.open().then(() => log.push('evaluated'));

    first.end();
    await changes[0];
    log.push('first change done');
    second.end();
    await Promise.all([...changes, evaluation]);

    expect(log).toEqual(['first change done', 'evaluated']);
  });

  it('opens again after a change that failed, and passes its result on', async () => {
    const gate = new EvaluationGate();

    await expect(gate.hold(() => Promise.reject(new Error('erase failed')))).rejects.toThrow('erase failed');
    await gate.open();
    expect(await gate.hold(async () => 7)).toBe(7);
  });
});
