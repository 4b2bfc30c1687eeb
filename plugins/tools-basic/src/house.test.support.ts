import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import type { WorldChange } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { TimerStore } from './timer-store.js';
import { Timers } from './timers.js';

export const startMs = Date.UTC(2026, 0, 1);

/** One house: a world model that outlives the nodes, and time that passes for all of them. */
export class House {
  readonly clock = new FakeClock({ epochMs: startMs });
  readonly log = new FakeLog();
  readonly world = new FakeWorldModel();
  readonly #observe = this.world.observe.bind(this.world);

  async open(node = 'kitchen'): Promise<Timers> {
    const { clock, log, world } = this;
    const store = new TimerStore({ world, node, origin: 'tools-basic' });
    const timers = new Timers({ clock, log, node, store });
    await timers.open();
    return timers;
  }

  /** How late news of the world model come. */
  newsDelayMs = 0;

  constructor() {
    const watch = this.world.watch.bind(this.world);
    this.world.watch = (prefix, options) => this.#delayed(watch(prefix, options), options?.signal);
  }

  /** Whether the world model takes what is written. */
  set isWritable(isWritable: boolean) {
    this.world.observe = isWritable ? this.#observe : () => Promise.reject(new Error('full'));
  }

  /** Ends a node and brings it back after `awayMs`. */
  async restart(timers: Timers, awayMs: number): Promise<Timers> {
    await timers[Symbol.asyncDispose]();
    await this.clock.advance(awayMs);
    return await this.open();
  }

  /** Writes as somebody else does: another node, a person with the command line. */
  async write(key: string, value: unknown): Promise<void> {
    await this.world.observe({ key, value, origin: 'somebody' });
    await this.settle();
  }

  /** Lets everybody take notice of what was written. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
  }

  async valueOf(id: string | undefined, node = 'kitchen'): Promise<unknown> {
    return (await this.world.get(`timer/${node}/${id}`))?.value;
  }

  async *#delayed(changes: AsyncIterable<WorldChange>, signal: AbortSignal | undefined) {
    for await (const change of changes) {
      if (this.newsDelayMs > 0) await this.clock.delay(this.newsDelayMs, { signal });
      yield change;
    }
  }

  /** How often any timer has rung. */
  async rings(): Promise<number> {
    const { records } = await this.world.history('timer');
    return records.filter((record) => record.type === 'entry-put' && stateOf(record.entry.value) === 'done')
      .length;
  }
}

export function stateOf(value: unknown): unknown {
  return (value as { readonly state?: string } | null)?.state;
}
