import { boot, loadManifest, type ManifestData, type Node } from '@tiercel/kernel';
import type { Context } from './context.js';
import { merged } from './merged.js';
import { reduceTo } from './reduce-to.js';
import { resolveTier } from './resolve-tier.js';
import { StartProgress } from './start-progress.js';

export interface BootNodeOptions {
  readonly tier?: string | undefined;
  readonly overlay?: Partial<ManifestData> | undefined;
  /** Ids of the capabilities that are wanted: only what serves them is started. Default: everything. */
  readonly only?: readonly string[] | undefined;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 4500;

/** Starts the node that a command works with, and shows how far it is. The caller stops it. */
export async function bootNode(context: Context, options: BootNodeOptions): Promise<Node> {
  const { terminal, signal } = context;
  const manifest = resolveTier(options.tier, terminal);
  const { environment } = terminal;
  let overlay = merged(await quietLog(manifest, context), options.overlay ?? {});
  if (options.only)
    overlay = merged(overlay, await reduceTo(options.only, { manifest, overlay, environment }));
  const progress = new StartProgress(terminal);
  try {
    return await boot({
      manifest,
      overlay,
      environment,
      signal,
      startTimeoutMs: milliseconds(environment['START_TIMEOUT_MS'], START_TIMEOUT_MS),
      stopTimeoutMs: milliseconds(environment['STOP_TIMEOUT_MS'], STOP_TIMEOUT_MS),
      onEvent: progress.onEvent,
    });
  } catch (error) {
    // What the person asked for outranks how the start took it.
    signal.throwIfAborted();
    throw error;
  } finally {
    progress.end();
  }
}

/** Beside a conversation the log is noise: only warnings, unless somebody is looking for a fault. */
async function quietLog(file: string, { isDebug }: Context): Promise<Partial<ManifestData>> {
  const { plugins } = await loadManifest(file);
  if (!plugins.has('log-winston')) return {};
  return { plugins: { 'log-winston': { config: { level: isDebug ? 'debug' : 'warn' } } } };
}

function milliseconds(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
