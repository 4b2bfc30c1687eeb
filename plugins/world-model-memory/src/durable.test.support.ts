import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { type DurableWorld, type DurableWorldOptions, openDurableWorld } from './open-durable-world.js';

export const DAY_MS = 86_400_000;

/** A folder with one durable world model in it, which can be opened again and again. */
export class DurableFolder implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly folder: string;
  readonly findings: (string | undefined)[] = [];
  readonly #children: ChildProcess[] = [];
  #opened: DurableWorld[] = [];

  static async make(): Promise<DurableFolder> {
    return new DurableFolder(await mkdtemp(path.join(tmpdir(), 'tiercel-world-')));
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  get file(): string {
    return path.join(this.folder, 'world.db');
  }

  async open(options: Partial<DurableWorldOptions> = {}): Promise<DurableWorld> {
    const opened = await openDurableWorld(this.clock, {
      file: this.file,
      historyMs: 7 * DAY_MS,
      historyChanges: 200_000,
      maxEntries: 100_000,
      maxBytes: 2 ** 28,
      onWritable: (finding) => this.findings.push(finding),
      ...options,
    });
    this.#opened.push(opened);
    return opened;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = [];
    for (const durable of opened) await durable[Symbol.asyncDispose]();
  }

  /** Runs a program that finds `world`, `journal` and `origin` at hand, in a process of its own. */
  start(body: string): ChildProcess {
    const built = (name: string) => JSON.stringify(path.resolve(name));
    const program = `
import { openDurableWorld } from ${built('plugins/world-model-memory/dist/open-durable-world.js')};
import { SystemClock } from ${built('plugins/clock-system/dist/index.js')};
const origin = 'child';
const { world, journal } = await openDurableWorld(new SystemClock(), {
  file: ${JSON.stringify(this.file)},
  historyMs: ${7 * DAY_MS}, historyChanges: 200_000, maxEntries: 100_000, maxBytes: 2 ** 28,
  onWritable: (finding) => console.log(finding === undefined ? 'writable' : 'unwritable'),
});
${body}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
