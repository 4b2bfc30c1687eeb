import { describe, expect, it } from '@jest/globals';
import { defaultDataDirectory } from './data-directory.js';

describe('defaultDataDirectory', () => {
  const home = '/home/ada';

  it.each<[string, NodeJS.Platform, Readonly<Record<string, string>>, string]>([
    ['the standard folder', 'linux', {}, '/home/ada/.local/share/tiercel'],
    ['where the user keeps data', 'linux', { XDG_DATA_HOME: '/data' }, '/data/tiercel'],
    ['no relative folder', 'linux', { XDG_DATA_HOME: 'data' }, '/home/ada/.local/share/tiercel'],
    ['the folder of macOS', 'darwin', {}, '/home/ada/Library/Application Support/tiercel'],
  ])('takes %s', (_, platform, environment, folder) => {
    expect(defaultDataDirectory({ platform, environment, home })).toBe(folder);
  });

  it('takes the folder of Windows', () => {
    const options = { platform: 'win32', home } as const;

    const folder = defaultDataDirectory({ ...options, environment: { LOCALAPPDATA: '/local' } });

    expect(folder).toBe('/local/tiercel');
    expect(defaultDataDirectory({ ...options, environment: {} })).toBe('/home/ada/AppData/Local/tiercel');
  });
});
