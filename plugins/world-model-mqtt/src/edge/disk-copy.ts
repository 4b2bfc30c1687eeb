import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { WorldEntry } from '@tiercel/capabilities/world-model';
import type { EdgeFile } from './edge-file.js';
import type { Mirror } from './mirror.js';

export interface DiskCopyOptions {
  readonly file: EdgeFile;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 1_000;
const AGAIN_MS = 30_000;
/** Entries that are written in one piece, so that nobody else waits for long. */
const PIECE = 500;

/** Writes down what the core has told, once a second: a node that starts without a broker still knows the house. */
export class DiskCopy implements AsyncDisposable {
  readonly #options: DiskCopyOptions;
  readonly #stopping = new AbortController();
  #changed = new Set<string>();
  #isVoid = false;
  #mirror: Mirror | undefined;
  #running: Promise<void> | undefined;

  constructor(options: DiskCopyOptions) {
    this.#options = options;
  }

  /** The core has told something new of `key`; undefined: of everything. */
  changed(key: string | undefined): void {
    if (key === undefined) this.#isVoid = true;
    else this.#changed.add(key);
  }

  /** What `mirror` holds now has come from the file. */
  start(mirror: Mirror): void {
    this.#mirror = mirror;
    this.#changed.clear();
    this.#running ??= this.#run(mirror);
  }

  /** Writes what is left, and settles when that is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(undefined);
    await this.#running;
    try {
      if (this.#mirror) await this.#write(this.#mirror);
    } catch (error) {
      this.#options.log.warn('the last copy of the world model could not be written', { error });
    }
  }

  async #run(mirror: Mirror): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    let waitMs = EVERY_MS;
    while (!signal.aborted) {
      // Only the end rejects it.
      await clock.delay(waitMs, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      waitMs = EVERY_MS;
      try {
        await this.#write(mirror);
      } catch (error) {
        log.warn('the copy of the world model could not be written', { error });
        waitMs = AGAIN_MS;
      }
    }
  }

  async #write(mirror: Mirror): Promise<void> {
    const { file } = this.#options;
    if (this.#isVoid) {
      file.startCopy(mirror.epoch);
      this.#isVoid = false;
      this.#changed = new Set(Array.from(mirror.truths(), ({ key }) => key));
    }
    while (this.#changed.size > 0 && !this.#isVoid) {
      const piece = new Map<string, WorldEntry | undefined>();
      for (const key of this.#changed) {
        piece.set(key, mirror.truthOf(key));
        if (piece.size === PIECE) break;
      }
      file.writeCopy(piece);
      for (const key of piece.keys()) this.#changed.delete(key);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}
