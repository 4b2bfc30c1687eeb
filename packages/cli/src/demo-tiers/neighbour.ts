import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot, type Node, openDeadline, raceSignal } from '@tiercel/kernel';
import { pluginCatalogue } from '@tiercel/tiers';
import { CliError } from '../errors.js';

export interface NeighbourOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

const SEEN_TIMEOUT_MS = 30_000;

/** Another edge of the house, with nothing but its live copy of the world model. */
export class Neighbour implements AsyncDisposable {
  readonly #node: Node;

  private constructor(node: Node) {
    this.#node = node;
  }

  static async open({ environment, signal }: NeighbourOptions): Promise<Neighbour> {
    const node = await boot({
      manifest: {
        tier: 'neighbour',
        plugins: {
          'clock-system': null,
          'log-winston': { config: { level: 'error' } },
          'world-model-mqtt': { config: { role: 'edge' } },
        },
      },
      environment,
      catalogue: await pluginCatalogue(),
      signal,
    });
    return new Neighbour(node);
  }

  /** Settles, with the time on the monotonic clock, when the entry has this value here. */
  async whenSeen(
    key: string,
    value: unknown,
    { signal, timeoutMs = SEEN_TIMEOUT_MS }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<number> {
    const late = () => new CliError('CLI_WORLD_NOT_SHARED', { key, waitedMs: timeoutMs });
    using deadline = openDeadline(signal, timeoutMs, late);
    return await raceSignal(this.#follow(key, value, deadline.signal), deadline.signal);
  }

  async #follow(key: string, value: unknown, signal: AbortSignal): Promise<number> {
    const world = this.#node.get(WorldModel);
    // Before the first look, so that nothing falls between the two.
    const changes = world.watch(key, { signal });
    if ((await world.get(key))?.value === value) return performance.now();
    for await (const change of changes) {
      if (change.type === 'reset' && (await world.get(key))?.value === value) break;
      if (change.type === 'entry-put' && change.entry.value === value) break;
    }
    return performance.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node.stop();
  }
}
