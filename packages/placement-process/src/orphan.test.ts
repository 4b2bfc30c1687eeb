import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from '@jest/globals';
import { fixtureFolder, isAlive, removeFixtureFolder, untilGone } from './fixtures.test.support.js';

afterAll(removeFixtureFolder);

/** A parent process with a plugin in a child of its own, and the pid of that child. */
async function openParent(
  act: string,
): Promise<{ readonly parent: ChildProcess; readonly childPid: number }> {
  const folder = await fixtureFolder();
  const parent = spawn(process.execPath, [path.join(folder, 'parent.js'), folder, act], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  return { parent, childPid: Number(line) };
}

describe('the child of a parent that is killed', () => {
  it('ends', async () => {
    const { parent, childPid } = await openParent('stay');
    expect(isAlive(childPid)).toBe(true);

    parent.kill('SIGKILL');

    await untilGone(childPid);
  });

  it('ends although its main thread is busy for ever', async () => {
    const { parent, childPid } = await openParent('block');
    expect(isAlive(childPid)).toBe(true);

    parent.kill('SIGKILL');

    await untilGone(childPid);
  });
});

describe('a parent', () => {
  it('does not stay up for the sake of an idle child', async () => {
    const { parent, childPid } = await openParent('idle');

    const [code] = await once(parent, 'exit');

    expect(code).toBe(0);
    await untilGone(childPid);
  });

  it('that is told to stop by a signal to the whole group keeps its child until it lets go', async () => {
    const { parent, childPid } = await openParent('stay');

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(childPid, signal);
    process.kill(childPid, 'SIGCONT');

    expect(isAlive(childPid)).toBe(true);
    parent.kill('SIGKILL');
    await untilGone(childPid);
  });
});
