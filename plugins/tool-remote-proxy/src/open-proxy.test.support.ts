import type { FakeClock } from '@tiercel/capabilities/clock/testing';
import type { FakeLog } from '@tiercel/capabilities/log/testing';
import { Metrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { type Plugin, type PluginStatus, supply } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import toolRemoteProxy from './index.js';

/** For tests in which a deadline is to pass only once a call has arrived, however busy the machine is. */
export const allButTimeouts = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
] as const;

export interface OpenProxy extends AsyncDisposable {
  readonly tools: ToolProvider;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
  /** How the node sees the plugin. */
  status(): PluginStatus & { readonly facts?: Readonly<Record<string, unknown>> | undefined };
  /** Lets the pauses of the background pass until the plugin is in this state. */
  untilState(state: PluginStatus['state']): Promise<void>;
}

/** The plugin on a node whose clock stands still, so that nothing is asked twice unless the test moves it. */
export async function openProxy(
  config: Readonly<Record<string, unknown>>,
  plugins: readonly Plugin[] = [],
): Promise<OpenProxy> {
  const watchers = new Set<() => void>();
  const metrics = new FakeMetrics();
  const test = await bootTest({
    plugins: [toolRemoteProxy, supply('@test/metrics', Metrics, metrics), ...plugins],
    config: { 'tool-remote-proxy': config },
    onEvent: () => {
      for (const watcher of watchers) watcher();
    },
    // Connections to servers are kept for the next request, and closed by fetch some seconds later.
    leaks: false,
  });
  const status = () => {
    const found = test.node.describe().plugins.find(({ plugin }) => plugin === 'tool-remote-proxy');
    if (!found) throw new Error('the proxy is not on the node');
    return found;
  };
  const { clock, log } = test.fakes;
  return {
    tools: test.get(ToolProvider),
    clock,
    log,
    metrics,
    status,
    async untilState(state) {
      while (status().state !== state) {
        const changed = new Promise<void>((resolve) => {
          watchers.add(resolve);
        });
        await Promise.race([clock.whenPending(1), changed]);
        await clock.advance(30_000 * 1.25);
      }
    },
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

/** A promise that a test settles where something happens. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: settle };
}
