import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@tiercel/capabilities/clock';

/** The time that the fake programs live in. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  timeZone: () => 'UTC',
  delay: (ms, { signal } = {}) =>
    delay(ms, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted()),
};

/** A folder of small programs that act like sound programs without a sound device. */
export class FakePrograms implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<FakePrograms> {
    return new FakePrograms(await mkdtemp(path.join(tmpdir(), 'tiercel-programs-')));
  }

  /** Adds a program whose body is `source`, JavaScript with `fs` at hand. */
  async add(name: string, source: string): Promise<void> {
    const file = path.join(this.folder, name);
    await writeFile(file, `#!${process.execPath}\nconst fs = require('node:fs');\n${source}\n`);
    await chmod(file, 0o755);
  }

  /** A program that records a ramp: sample n has the value n modulo 32768. */
  async addRecorder(name: string): Promise<void> {
    await this.add(
      name,
      `let n = 0;
       const send = () => {
         const pcm = Int16Array.from({ length: 800 }, () => n++ % 32768);
         const bytes = Buffer.from(pcm.buffer);
         process.stdout.write(bytes.subarray(0, 333));
         process.stdout.write(bytes.subarray(333));
       };
       send();
       setInterval(send, 10);`,
    );
  }

  /** A program that plays: what it was given lies in `<name>.raw` once it has ended. */
  async addPlayer(name: string): Promise<void> {
    await this.add(
      name,
      `const out = fs.openSync(${JSON.stringify(path.join(this.folder, `${name}.raw`))}, 'w');
       process.stdin.on('data', (bytes) => fs.writeSync(out, bytes));
       process.stdin.on('end', () => fs.closeSync(out));`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
