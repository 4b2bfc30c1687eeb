import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Folder for what a node keeps where nobody named one: `tiercel` in the user's data folder (`XDG_DATA_HOME` or
 * `~/.local/share`; on macOS `~/Library/Application Support`; on Windows `LOCALAPPDATA`).
 */
export function defaultDataDirectory(
  options: {
    readonly environment?: Readonly<Record<string, string | undefined>>;
    readonly platform?: NodeJS.Platform;
    readonly home?: string;
  } = {},
): string {
  const { environment = process.env, platform = process.platform, home = homedir() } = options;
  return path.join(userDirectory(environment, platform, home), 'tiercel');
}

function userDirectory(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  const xdg = environment['XDG_DATA_HOME'];
  if (xdg !== undefined && path.isAbsolute(xdg)) return xdg;
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support');
  if (platform === 'win32') return environment['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local');
  return path.join(home, '.local', 'share');
}
