import { boot, loadManifest, type ManifestData, type Node } from '@tiercel/kernel';
import { pluginCatalogue } from '@tiercel/tiers';
import type { Context } from './context.js';
import { estimatorsFor } from './estimators.js';
import { merged } from './merged.js';
import { reduceTo } from './reduce-to.js';
import { resolveTier } from './resolve-tier.js';
import { StartProgress } from './start-progress.js';
import { millisecondsOf } from './variables.js';

export interface BootNodeOptions {
  readonly tier?: string | undefined;
  readonly overlay?: Partial<ManifestData> | undefined;
  /** Ids of the capabilities that are wanted: only what serves them is started. Default: everything. */
  readonly only?: readonly string[] | undefined;
  /** With `only`: what is wanted as well where the tier has it. */
  readonly ifOffered?: readonly string[] | undefined;
  /** Keeps the log at the level of the manifest. Beside a conversation it is noise: warnings only. */
  readonly isLogFull?: boolean;
  /** Whether plugins can be replaced while the node runs. */
  readonly isReplaceable?: boolean;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 4500;

/** Starts the node that a command works with, and shows how far it is. The caller stops it. */
export async function bootNode(context: Context, options: BootNodeOptions): Promise<Node> {
  const { terminal, signal } = context;
  const manifest = resolveTier(options.tier, terminal);
  const { environment } = terminal;
  // With it, what is not installed is one sentence with the command that installs it.
  const catalogue = await pluginCatalogue();
  const startTimeoutMs = millisecondsOf(environment, 'START_TIMEOUT_MS', START_TIMEOUT_MS);
  const stopTimeoutMs = millisecondsOf(environment, 'STOP_TIMEOUT_MS', STOP_TIMEOUT_MS);
  const level = context.isDebug ? 'debug' : options.isLogFull ? undefined : 'warn';
  let overlay = merged(await logAt(level, manifest), options.overlay ?? {});
  if (options.only)
    overlay = merged(
      overlay,
      await reduceTo(options.only, { manifest, overlay, environment, catalogue }, options.ifOffered),
    );
  const progress = new StartProgress(terminal);
  try {
    return await boot({
      manifest,
      overlay,
      environment,
      catalogue,
      estimators: estimatorsFor(terminal),
      signal,
      startTimeoutMs,
      stopTimeoutMs,
      onEvent: progress.onEvent,
      replaceable: options.isReplaceable ?? false,
    });
  } catch (error) {
    // What the person asked for outranks how the start took it.
    signal.throwIfAborted();
    throw error;
  } finally {
    progress.end();
  }
}

async function logAt(level: string | undefined, file: string): Promise<Partial<ManifestData>> {
  if (level === undefined) return {};
  const { plugins } = await loadManifest(file);
  return plugins.has('log-winston') ? { plugins: { 'log-winston': { config: { level } } } } : {};
}
