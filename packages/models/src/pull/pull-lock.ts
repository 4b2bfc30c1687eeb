import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { ModelError } from '../errors.js';
import { errorCode } from '../system-error.js';

const FILE_NAME = '.pull.lock';
const TOUCH_MS = 10_000;
const ABANDONED_MS = 60_000;

const heldHere = new Set<string>();

interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
}

/**
 * Keeps two commands from downloading the same model at once. The lock of a process that is gone, or that has not touched it
 * for a minute, is taken over.
 */
export class PullLock implements AsyncDisposable {
  readonly #file: string;
  readonly #id: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(file: string, id: string) {
    this.#file = file;
    this.#id = id;
    this.#timer = setInterval(() => void touch(file), TOUCH_MS);
    this.#timer.unref();
  }

  /** Throws `MODEL_PULL_BUSY` while somebody else holds it. */
  static async take(model: string, directory: string): Promise<PullLock> {
    const file = path.join(directory, FILE_NAME);
    const id = randomUUID();
    const text = JSON.stringify({ id, pid: process.pid, host: hostname() } satisfies Holder);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      heldHere.add(id);
      try {
        await writeFile(file, text, { flag: 'wx' });
        return new PullLock(file, id);
      } catch (error) {
        heldHere.delete(id);
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      if (!(await removeAbandoned(file))) break;
    }
    throw new ModelError('MODEL_PULL_BUSY', { model, directory });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    heldHere.delete(this.#id);
    // Somebody who took it for abandoned owns it now.
    if ((await readHolder(this.#file))?.id === this.#id) await rm(this.#file, { force: true });
  }
}

async function removeAbandoned(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  const stats = await stat(file).catch(() => undefined);
  if (!stats) return true;
  const isOld = Date.now() - stats.mtimeMs > ABANDONED_MS;
  if (!isOld && (!holder || !isGone(holder))) return false;
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return true;
  }
  const isTheSame = (await readHolder(aside))?.id === holder?.id;
  // Somebody was quicker, and the lock that was moved aside is theirs.
  if (!isTheSame) await rename(aside, file);
  else await rm(aside, { force: true });
  return isTheSame;
}

function isGone(holder: Holder): boolean {
  if (holder.host !== hostname()) return false;
  // A container that starts again often gets the same process id.
  if (holder.pid === process.pid) return !heldHere.has(holder.id);
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const { id, pid, host } = JSON.parse(await readFile(file, 'utf8')) as Partial<Holder>;
    return typeof id === 'string' && Number.isInteger(pid) && typeof host === 'string'
      ? { id, pid: Number(pid), host }
      : undefined;
  } catch {
    return undefined;
  }
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}
