import { setTimeout as delay } from 'node:timers/promises';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { type Node, openDeadline } from '@tiercel/kernel';
import { CliError } from '../errors.js';

const POLL_MS = 50;
const RECOVERY_TIMEOUT_MS = 120_000;

/** What it looks at. */
export type WatchedNode = Pick<Node, 'describe' | 'subscribe'>;

/** Measures how an edge takes the loss and the return of its core. */
export class Outage {
  readonly #edge: WatchedNode;
  #beganMs: number | undefined;
  #noticedMs: number | undefined;
  #recoverMs = 0;

  constructor(edge: WatchedNode) {
    this.#edge = edge;
    edge.subscribe((event) => {
      if (event.type === 'plugin-state' && event.status.state === 'degraded') this.#notice();
    });
  }

  /** From the end of the core to the first sign that the edge knows. */
  get noticeMs(): number {
    return (this.#noticedMs ?? Number.NaN) - (this.#beganMs ?? Number.NaN);
  }

  /** From the core being ready again to the edge using it again. */
  get recoverMs(): number {
    return this.#recoverMs;
  }

  begin(): void {
    this.#beganMs = performance.now();
  }

  turnEnded(): void {
    this.#notice();
  }

  /** Waits until everything on the edge is up and its first choice of model serves. */
  async untilOver(signal: AbortSignal, timeoutMs = RECOVERY_TIMEOUT_MS): Promise<void> {
    const startedMs = performance.now();
    const late = () => new CliError('CLI_CORE_NOT_REGAINED', { waitedMs: timeoutMs, losses: this.#losses() });
    using deadline = openDeadline(signal, timeoutMs, late);
    while (this.#losses().length > 0) {
      await delay(POLL_MS);
      deadline.signal.throwIfAborted();
    }
    this.#recoverMs = performance.now() - startedMs;
  }

  #notice(): void {
    if (this.#beganMs !== undefined) this.#noticedMs ??= performance.now();
  }

  #losses(): readonly string[] {
    const { plugins, capabilities } = this.#edge.describe();
    const model = capabilities.find(({ capability }) => capability === LanguageModel.id);
    const lost = plugins.filter(({ state }) => state !== 'ready');
    return [
      ...lost.map(({ plugin, reason = 'not ready' }) => `${plugin}: ${reason}`),
      ...(model?.servedBy === model?.providers[0]?.plugin ? [] : [`${LanguageModel.id}: ${model?.degraded}`]),
    ];
  }
}
