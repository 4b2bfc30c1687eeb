import type { Log } from '@tiercel/capabilities/log';
import type { WorldModel } from '@tiercel/capabilities/world-model';
import { raceSignal } from '@tiercel/kernel';
import type { DeviceNames } from './device-names.js';

/** Keeps the device names in step with the world model. */
export class DeviceWatch implements AsyncDisposable {
  readonly #world: WorldModel;
  readonly #names: DeviceNames;
  readonly #log: Pick<Log, 'warn'>;
  readonly #closing = new AbortController();
  #following: Promise<void> | undefined;

  constructor(world: WorldModel, names: DeviceNames, log: Pick<Log, 'warn'>) {
    this.#world = world;
    this.#names = names;
    this.#log = log;
  }

  /** Reads all names and begins to follow their changes. */
  async open(): Promise<void> {
    const revision = await this.#readAll();
    this.#start(() => this.#follow(revision));
  }

  /** Begins again, in the background, after a watch that broke. Does nothing while one runs. */
  revive(): void {
    if (this.#following || this.#closing.signal.aborted) return;
    this.#start(async () => this.#follow(await this.#readAll()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#following;
  }

  #start(work: () => Promise<void>): void {
    this.#following = work()
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#log.warn('device names may be out of date, because the watch broke', { error });
      })
      .finally(() => {
        this.#following = undefined;
      });
  }

  async #readAll(): Promise<number> {
    const { entries, revision } = await raceSignal(this.#world.snapshot('device'), this.#closing.signal);
    this.#names.reset(entries);
    return revision;
  }

  async #follow(after: number): Promise<void> {
    for await (const change of this.#world.watch('device', { after, signal: this.#closing.signal })) {
      // Changes that come after a snapshot and are in it already do no harm: the last one wins again.
      if (change.type === 'reset') await this.#readAll();
      else this.#names.apply(change);
    }
  }
}
