import type { WorldModel } from '@tiercel/capabilities/world-model';

/** One thing that became different. */
export interface WorldStep {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Keeps track of what happens to the things of a world, so that it can be told what changed since the last look. */
export class WorldDiary implements AsyncDisposable {
  readonly #known: Map<string, unknown>;
  readonly #stop = new AbortController();
  readonly #steps: WorldStep[] = [];
  readonly #watching: Promise<void>;

  private constructor(world: WorldModel, known: Map<string, unknown>, after: number) {
    this.#known = known;
    this.#watching = this.#watch(world, after);
  }

  static async open(world: WorldModel): Promise<WorldDiary> {
    const { entries, revision } = await world.snapshot();
    return new WorldDiary(world, new Map(entries.map(({ key, value }) => [key, value])), revision);
  }

  /** What changed since the last call. */
  take(): readonly WorldStep[] {
    return this.#steps.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(world: WorldModel, after: number): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const change of world.watch('', { after, signal })) {
        if (change.type !== 'entry-put') continue;
        const { key, value } = change.entry;
        const from = this.#known.get(key);
        this.#known.set(key, value);
        if (JSON.stringify(from) !== JSON.stringify(value)) this.#steps.push({ key, from, to: value });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
