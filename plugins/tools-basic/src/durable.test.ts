import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { type WorldEntry, WorldModel } from '@tiercel/capabilities/world-model';
import { createProcessPlacement } from '@tiercel/placement-process';
import { bootTest, killProcessOf, type TestNode } from '@tiercel/testkit';
import toolsBasic from './index.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-timers-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('@tiercel/tools-basic with a durable world model', () => {
  const clock = new FakeClock();

  function bootNode(node: string): Promise<TestNode> {
    return bootTest({
      plugins: [toolsBasic],
      entries: { 'world-model-memory': null },
      environment: { WORLD_MODEL_DATABASE: path.join(folder, 'world.db'), NODE_NAME: node },
      fakes: { clock },
    });
  }

  it('keeps timers for the next life, and rings for those that it has slept through', async () => {
    const before = await bootNode('the kitchen');
    await say(before, 'set_timer', { seconds: 60, name: 'tea' });
    await say(before, 'set_timer', { seconds: 60, name: 'eggs' }, 'de');
    await say(before, 'set_timer', { seconds: 300, name: 'pasta' });
    await say(before, 'cancel_timer', { name: 'tea' });
    await before[Symbol.asyncDispose]();
    await clock.advance(100_000);

    await using after = await bootNode('the kitchen');
    const missed = await untilDone(after, 1);
    const left = await say(after, 'list_timers');
    const ringing = untilDone(after, 2);
    await clock.advance(200_000);

    expect(missed).toEqual(['Der Timer eggs ist abgelaufen, während ich weg war.']);
    expect(left).toBe('There are 3 minutes and 20 seconds left on the timer pasta.');
    expect(await ringing).toEqual([...missed, 'The timer pasta is done.']);
  });

  it('leaves the timers of a node by another name alone', async () => {
    const before = await bootNode('kitchen');
    await say(before, 'set_timer', { seconds: 60, name: 'tea' });
    await before[Symbol.asyncDispose]();

    await using other = await bootNode('cellar');
    const left = await say(other, 'list_timers');
    await clock.advance(60_000);
    const { entries } = await other.get(WorldModel).snapshot('timer');

    expect(left).toBe('There is 1 minute left on the timer tea at kitchen.');
    expect(entries).toMatchObject([{ value: { state: 'running' } }]);
  });
});

describe('@tiercel/tools-basic in a process that is killed', () => {
  it('goes on with its timers in the next one', async () => {
    await using test = await bootTest({
      entries: {
        'clock-system': null,
        'world-model-memory': null,
        'tools-basic': { placement: 'process' },
      },
      placements: [createProcessPlacement()],
    });
    await say(test, 'set_timer', { seconds: 86_400, name: 'cake' });

    await killProcessOf(test.node, 'tools-basic');

    const { content } = await test.get(ToolProvider).call('list_timers', {});
    expect(content).toEqual({
      timers: [{ timer: expect.any(String), name: 'cake', leftSeconds: expect.any(Number) }],
    });
    expect(await say(test, 'cancel_timer', { name: 'cake' })).toBe('Timer cancelled.');
  }, 120_000);
});

async function say(
  { get }: TestNode,
  tool: string,
  args: Readonly<Record<string, unknown>> = {},
  language = 'en',
): Promise<string | undefined> {
  return (await get(ToolProvider).call(tool, args, { language })).spoken;
}

/** What was to be said, once so many timers have ended. */
async function untilDone({ get }: TestNode, count: number): Promise<readonly unknown[]> {
  const world = get(WorldModel);
  const watched = world.watch('timer');
  const spoken = async () =>
    [...(await world.snapshot('timer')).entries]
      .sort((a, b) => a.revision - b.revision)
      .map(recordOf)
      .filter(({ state }) => state === 'done')
      .map((record) => record.spoken);
  let done = await spoken();
  if (done.length >= count) return done;
  for await (const _change of watched) {
    done = await spoken();
    if (done.length >= count) break;
  }
  return done;
}

function recordOf({ value }: WorldEntry): { readonly state?: unknown; readonly spoken?: unknown } {
  return value as { readonly state?: unknown; readonly spoken?: unknown };
}
