import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { coreKey } from './core-node.test.support.js';

const script = path.join(import.meta.dirname, '../fixtures/core.js');

export interface CoreProcess extends AsyncDisposable {
  readonly url: string;
  /** Settles when the tool `order` begins. */
  began(): Promise<void>;
  /** Kills it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with what it kept on disk. */
  restart(): Promise<void>;
  /** How often `order` was run, by all processes together. */
  countRuns(): Promise<number>;
}

/** A whole node in a process of its own, as it is installed. */
export async function startCoreProcess(): Promise<CoreProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-core-'));
  const start = async (port: string): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
    const child = fork(script, [port, coreKey, folder], { execArgv: [] });
    const [message] = (await once(child, 'message')) as [{ readonly url: string }];
    return { child, url: message.url };
  };
  let { child, url } = await start('0');
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    kill,
    async began() {
      await once(child, 'message');
    },
    async restart() {
      ({ child, url } = await start(new URL(url).port));
    },
    async countRuns() {
      const text = await readFile(path.join(folder, 'runs'), 'utf8').catch(() => '');
      return text.split('\n').length - 1;
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}
