import { describe, expect, it } from '@jest/globals';
import { type Arrival, Arrivals } from './arrivals.js';

const { signal } = new AbortController();
const said = (text: string): Arrival => ({ by: 'text', text, timeMs: 0 });
const textOf = (arrival: Arrival | undefined) => (arrival?.by === 'text' ? arrival.text : undefined);

describe('Arrivals', () => {
  it('gives what has come in its order, then the end', async () => {
    const arrivals = new Arrivals(4);
    arrivals.offer(said('a'));
    arrivals.offer(said('b'));
    arrivals.close();

    const read = [await arrivals.next(signal), await arrivals.next(signal), await arrivals.next(signal)];

    expect(read.map(textOf)).toEqual(['a', 'b', undefined]);
  });

  it('keeps for the next reader what comes after one has given up', async () => {
    const arrivals = new Arrivals(4);
    const controller = new AbortController();
    const early = arrivals.next(controller.signal);
    controller.abort(new Error('enough'));
    await expect(early).rejects.toThrow('enough');

    arrivals.offer(said('a'));
    arrivals.offer(said('b'));

    expect(textOf(await arrivals.next(signal))).toBe('a');
    expect(textOf(await arrivals.next(signal))).toBe('b');
  });

  it('gives what was put back before the rest', async () => {
    const arrivals = new Arrivals(4);
    for (const text of ['a', 'b', 'c']) arrivals.offer(said(text));
    const first = await arrivals.next(signal);
    const second = await arrivals.next(signal);

    arrivals.putBack([first, second].flatMap((arrival) => arrival ?? []));

    const read = [await arrivals.next(signal), await arrivals.next(signal), await arrivals.next(signal)];
    expect(read.map(textOf)).toEqual(['a', 'b', 'c']);
  });

  it('takes no more than it has room for, what was put back included', () => {
    const arrivals = new Arrivals(2);
    arrivals.putBack([{ ...said('a'), number: 1 }]);

    expect([arrivals.offer(said('b')), arrivals.offer(said('c'))]).toEqual([true, false]);
  });
});
