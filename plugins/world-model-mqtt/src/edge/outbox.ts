import { WorldModelError } from '@tiercel/capabilities/world-model';
import type { ObserveEnvelope } from '../wire/envelope.js';

export interface OutboxBatch {
  readonly puts: readonly ObserveEnvelope[];
  readonly removals: readonly ObserveEnvelope[];
}

/** Where an outbox writes, all of one batch or nothing of it. */
export interface OutboxFile {
  writeOutbox(batch: OutboxBatch): void;
}

export interface OutboxOptions {
  /** What an earlier life has left, oldest first. */
  readonly changes: readonly ObserveEnvelope[];
  readonly capacity: number;
  readonly file: OutboxFile;
  /** An observation was not taken because the outbox is full. */
  readonly refused: (key: string) => void;
  readonly depthChanged: (depth: number) => void;
}

/**
 * Changes that the core does not have yet, the latest of each key, on disk. When it is full, changes of further keys are
 * refused: whoever observes is told, and nothing is lost that was acknowledged. Calls of one turn are written together.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** In the order of their observation. */
  readonly #changes = new Map<string, ObserveEnvelope>();
  #puts = new Map<string, ObserveEnvelope>();
  #removals: ObserveEnvelope[] = [];
  #writing: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    for (const change of options.changes) this.#changes.set(change.key, change);
    options.depthChanged(this.depth);
  }

  get depth(): number {
    return this.#changes.size;
  }

  get isFull(): boolean {
    return this.depth >= this.#options.capacity;
  }

  changes(): IterableIterator<ObserveEnvelope> {
    return this.#changes.values();
  }

  /** Settles when it is on disk. Throws `WORLD_MODEL_UNREACHABLE` where it is full, and `WORLD_MODEL_UNWRITABLE`. */
  async add(change: ObserveEnvelope): Promise<void> {
    const { key, hlc } = change;
    const known = this.#puts.get(key) ?? this.#changes.get(key);
    // An answer that did not come in time may be noticed after a later change of the same key was kept.
    if (known && known.hlc >= hlc) return;
    if (!known && this.#changes.size + this.#puts.size >= this.#options.capacity) {
      this.#options.refused(key);
      const finding = `it is away, and ${this.#options.capacity} entries wait for it already`;
      throw new WorldModelError('WORLD_MODEL_UNREACHABLE', { key, finding });
    }
    this.#puts.set(key, change);
    await this.#write();
  }

  /** The core has decided about it. Where the disk does not take that, the core is asked again in another life. */
  remove(change: ObserveEnvelope): void {
    if (this.#changes.get(change.key)?.id === change.id) this.#changes.delete(change.key);
    this.#options.depthChanged(this.depth);
    this.#removals.push(change);
    this.#write().catch(() => undefined);
  }

  /** Comes after all others from now on, in this life: the core does not answer it. */
  putLast(change: ObserveEnvelope): void {
    if (this.#changes.get(change.key)?.id !== change.id) return;
    this.#changes.delete(change.key);
    this.#changes.set(change.key, change);
  }

  /** Settles when something was added since, or with the end of `signal`. */
  added(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** Settles when nothing is left to write. */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => undefined);
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeBatch();
    return this.#writing;
  }

  async #writeBatch(): Promise<void> {
    // Whatever else is called in this turn of the loop belongs to the batch.
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#writing = undefined;
    const puts = this.#puts;
    const removals = this.#removals;
    this.#puts = new Map();
    this.#removals = [];
    this.#options.file.writeOutbox({ puts: [...puts.values()], removals });
    for (const [key, change] of puts) {
      this.#changes.delete(key);
      this.#changes.set(key, change);
    }
    this.#options.depthChanged(this.depth);
    if (puts.size > 0) this.#wake?.();
  }
}
