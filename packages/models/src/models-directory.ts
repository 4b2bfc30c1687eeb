import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Folder for downloaded models where nobody named one: `tiercel/models` in the user's cache folder
 * (`XDG_CACHE_HOME` or `~/.cache`; on macOS `~/Library/Caches`; on Windows `LOCALAPPDATA`).
 */
export function defaultModelsDirectory(
  options: {
    readonly environment?: Readonly<Record<string, string | undefined>>;
    readonly platform?: NodeJS.Platform;
    readonly home?: string;
  } = {},
): string {
  const { environment = process.env, platform = process.platform, home = homedir() } = options;
  return path.join(cacheDirectory(environment, platform, home), 'tiercel', 'models');
}

function cacheDirectory(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  const xdg = environment['XDG_CACHE_HOME'];
  if (xdg !== undefined && path.isAbsolute(xdg)) return xdg;
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches');
  if (platform === 'win32') return environment['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local');
  return path.join(home, '.cache');
}

/**
 * Folder of the models that ship with the project, or `undefined` where `@tiercel/starter-models` is not installed.
 * @param from URL of a module that may depend on the package
 */
export function findStarterModels(from: string = import.meta.url): string | undefined {
  try {
    const manifest = createRequire(from).resolve('@tiercel/starter-models/package.json');
    return path.join(path.dirname(manifest), 'models');
  } catch {
    return undefined;
  }
}
