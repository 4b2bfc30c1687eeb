import { describe, expect, it } from '@jest/globals';
import type { WorldChange } from '@tiercel/capabilities/world-model';
import { readWatchEvents } from './read-watch-events.js';

const change = (revision: number) => ({
  type: 'entry-forgotten',
  key: 'a',
  revision,
  epoch: 'e',
  origin: 'test',
  timeMs: 0,
  hlc: '0000000000000-0000-test',
});

async function read(...pieces: readonly string[]): Promise<readonly WorldChange[]> {
  const body = new Blob([...pieces]).stream();
  const changes: WorldChange[] = [];
  for await (const found of readWatchEvents(body, new AbortController().signal)) changes.push(found);
  return changes;
}

describe('readWatchEvents', () => {
  it('gives the changes and resets, and leaves snapshots and pings out', async () => {
    const text = [
      'event: snapshot\ndata: {"entries":[]}\n\n',
      `event: change\ndata: ${JSON.stringify(change(1))}\n\n`,
      ': ping\n\n',
      'event: reset\ndata: {"epoch":"f"}\n\n',
    ].join('');

    expect(await read(text)).toEqual([change(1), { type: 'reset', epoch: 'f' }]);
  });

  it('refuses an event without end', async () => {
    await expect(read(`data: ${'x'.repeat(5 * 2 ** 20)}`)).rejects.toMatchObject({
      code: 'CLI_WATCH_UNREADABLE',
    });
  });
});
