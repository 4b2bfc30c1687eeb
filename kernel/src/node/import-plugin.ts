import { pathToFileURL } from 'node:url';
import { openDeadline, raceSignal } from '../deadline.js';
import { KernelError } from '../errors.js';
import { isRecord } from '../manifest/yaml-tree.js';
import { findingOf, isPlugin } from '../plan/find-plugins.js';
import type { PlannedPlugin } from '../plan/plan.js';
import { declarationOf } from '../plugin/declaration.js';
import type { Plugin } from '../plugin/plugin.js';
import { differingPaths } from '../plugin/plugin-file.js';

/** For modules that wait for something at their top level. */
const importTimeoutMs = 30_000;

/** The default export of a module, waiting at most 30 s for its top level. */
export async function importDefault(module: string): Promise<unknown> {
  using deadline = openDeadline(undefined, importTimeoutMs, () => {
    return new KernelError('KERNEL_IMPORT_TIMEOUT', { module, waitedMs: importTimeoutMs });
  });
  const loaded: unknown = await raceSignal(import(pathToFileURL(module).href), deadline.signal);
  return isRecord(loaded) ? loaded['default'] : undefined;
}

/** Imports the code of a planned plugin, which starts nothing, and refuses it if it is not what was planned with. */
export async function importPlugin({ key, entry, declaration, module = '' }: PlannedPlugin): Promise<Plugin> {
  const { use } = entry;
  let plugin: unknown;
  try {
    plugin = await importDefault(module);
  } catch (cause) {
    const details = { plugin: key, use, finding: findingOf(cause) };
    throw new KernelError('KERNEL_PLUGIN_IMPORT_FAILED', details, { cause });
  }
  if (!isPlugin(plugin)) {
    const finding = 'its default export is not a plugin';
    throw new KernelError('KERNEL_PLUGIN_IMPORT_FAILED', { plugin: key, use, finding });
  }
  const paths = differingPaths(declaration, declarationOf(plugin));
  if (paths.length > 0) throw new KernelError('KERNEL_PLUGIN_MISMATCH', { plugin: key, use, paths });
  return plugin;
}
