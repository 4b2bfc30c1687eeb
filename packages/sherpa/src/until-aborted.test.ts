import { describe, expect, it } from '@jest/globals';
import { untilAborted } from './until-aborted.js';

class Source implements AsyncIterable<number> {
  readonly #items: readonly number[];
  readonly #end: 'silent' | 'done' | Error;
  closed = 0;

  constructor(items: readonly number[], end: 'silent' | 'done' | Error) {
    this.#items = items;
    this.#end = end;
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    const items = this.#items.values();
    return {
      next: async () => {
        const { done, value } = items.next();
        if (!done) return { done: false, value };
        if (this.#end instanceof Error) throw this.#end;
        return this.#end === 'done' ? { done: true, value: undefined } : new Promise(() => undefined);
      },
      return: async () => {
        this.closed += 1;
        return { done: true, value: undefined };
      },
    };
  }
}

async function collect(source: AsyncIterable<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('untilAborted', () => {
  it('passes everything on and does not close what has ended', async () => {
    const source = new Source([1, 2, 3], 'done');

    await expect(collect(untilAborted(source, new AbortController().signal))).resolves.toEqual([1, 2, 3]);
    expect(source.closed).toBe(0);
  });

  it('works without a signal', async () => {
    await expect(collect(untilAborted(new Source([1], 'done'), undefined))).resolves.toEqual([1]);
  });

  it('leaves a source that is silent when the signal aborts', async () => {
    const controller = new AbortController();
    const source = new Source([1], 'silent');
    const reader = untilAborted(source, controller.signal);
    await reader.next();
    const waiting = reader.next();

    controller.abort(new Error('given up'));

    await expect(waiting).rejects.toThrow('given up');
    expect(source.closed).toBe(1);
  });

  it('reads nothing after an abort between two items', async () => {
    const controller = new AbortController();
    const source = new Source([1, 2], 'done');
    const reader = untilAborted(source, controller.signal);
    await reader.next();

    controller.abort(new Error('given up'));

    await expect(reader.next()).rejects.toThrow('given up');
    expect(source.closed).toBe(1);
  });

  it('does not open the source when the signal had aborted before', async () => {
    const source = new Source([1], 'done');

    await expect(collect(untilAborted(source, AbortSignal.abort(new Error('given up'))))).rejects.toThrow(
      'given up',
    );
    expect(source.closed).toBe(0);
  });

  it('closes the source when the reader leaves', async () => {
    const source = new Source([1, 2], 'done');

    for await (const _ of untilAborted(source, undefined)) break;

    expect(source.closed).toBe(1);
  });

  it('passes an error on and does not close what has failed', async () => {
    const source = new Source([1], new Error('gone'));

    await expect(collect(untilAborted(source, undefined))).rejects.toThrow('gone');
    expect(source.closed).toBe(0);
  });
});
