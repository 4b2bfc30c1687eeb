import { describe, expect, it } from '@jest/globals';
import type { ObserveEnvelope } from '../wire/envelope.js';
import { Outbox, type OutboxBatch } from './outbox.js';

const change = (key: string, count: number): ObserveEnvelope => ({
  id: `${key}-${count}`,
  op: 'put',
  key,
  value: count,
  hlc: `1763800000000-${count.toString(16).padStart(4, '0')}-edge`,
  origin: 'test',
  boot: 'boot',
  timeMs: 0,
});

/** A disk that remembers what it was given, and may be full. */
class Disk {
  readonly batches: OutboxBatch[] = [];
  failure: Error | undefined;

  writeOutbox(batch: OutboxBatch): void {
    if (this.failure) throw this.failure;
    this.batches.push(batch);
  }
}

function openOutbox(
  options: { readonly capacity?: number; readonly changes?: readonly ObserveEnvelope[] } = {},
) {
  const disk = new Disk();
  const refused: string[] = [];
  const outbox = new Outbox({
    capacity: 10,
    changes: [],
    ...options,
    file: disk,
    refused: (key) => refused.push(key),
    depthChanged: () => undefined,
  });
  const ids = () => [...outbox.changes()].map(({ id }) => id);
  return { outbox, disk, refused, ids };
}

describe('Outbox', () => {
  it('writes what is added in one turn together, before it counts', async () => {
    const { outbox, disk, ids } = openOutbox();

    const adding = ['a', 'b', 'c'].map((key) => outbox.add(change(key, 1)));
    const before = ids();
    await Promise.all(adding);

    expect(before).toEqual([]);
    expect(disk.batches).toHaveLength(1);
    expect(ids()).toEqual(['a-1', 'b-1', 'c-1']);
  });

  it('keeps the latest change of each key, in the order of the changes', async () => {
    const { outbox, ids } = openOutbox();

    await outbox.add(change('a', 1));
    await outbox.add(change('b', 2));
    await outbox.add(change('a', 3));
    await outbox.add(change('b', 1));

    expect(ids()).toEqual(['b-2', 'a-3']);
  });

  it('removes a change, but not a later one of the same key', async () => {
    const { outbox, disk, ids } = openOutbox({ changes: [change('a', 1), change('b', 1)] });
    await outbox.add(change('a', 2));

    outbox.remove(change('a', 1));
    outbox.remove(change('b', 1));
    await outbox.flush();

    expect(ids()).toEqual(['a-2']);
    expect(disk.batches.at(-1)?.removals.map(({ id }) => id)).toEqual(['a-1', 'b-1']);
  });

  it('refuses further keys when it is full, also those of one turn', async () => {
    const { outbox, refused, ids } = openOutbox({ capacity: 2 });

    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((key) => outbox.add(change(key, 1))));
    await outbox.add(change('b', 2));

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(refused).toEqual(['c']);
    expect(ids()).toEqual(['a-1', 'b-2']);
  });

  it('keeps what it had when the disk takes no more, and goes on when it does again', async () => {
    const { outbox, disk, ids } = openOutbox({ changes: [change('a', 1)] });
    disk.failure = new Error('disk full');

    await expect(outbox.add(change('a', 2))).rejects.toBe(disk.failure);
    const between = ids();
    disk.failure = undefined;
    await outbox.add(change('a', 3));

    expect([between, ids()]).toEqual([['a-1'], ['a-3']]);
  });

  it('puts a change last that nobody answers', () => {
    const { outbox, ids } = openOutbox({ changes: [change('a', 1), change('b', 1)] });

    outbox.putLast(change('a', 1));

    expect(ids()).toEqual(['b-1', 'a-1']);
  });
});
