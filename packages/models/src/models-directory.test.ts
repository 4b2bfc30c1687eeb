import { describe, expect, it } from '@jest/globals';
import { defaultModelsDirectory, findStarterModels } from './models-directory.js';

describe('defaultModelsDirectory', () => {
  it('lies in the cache folder of the user', () => {
    expect(defaultModelsDirectory({ environment: {}, platform: 'linux', home: '/home/ada' })).toBe(
      '/home/ada/.cache/tiercel/models',
    );
  });

  it('follows XDG_CACHE_HOME when that is absolute', () => {
    const environment = { XDG_CACHE_HOME: '/var/cache/ada' };

    expect(defaultModelsDirectory({ environment, platform: 'linux', home: '/home/ada' })).toBe(
      '/var/cache/ada/tiercel/models',
    );
    expect(
      defaultModelsDirectory({ environment: { XDG_CACHE_HOME: 'x' }, platform: 'linux', home: '/home/ada' }),
    ).toBe('/home/ada/.cache/tiercel/models');
  });

  it('follows the habits of other systems', () => {
    expect(defaultModelsDirectory({ environment: {}, platform: 'darwin', home: '/Users/ada' })).toBe(
      '/Users/ada/Library/Caches/tiercel/models',
    );
    expect(
      defaultModelsDirectory({ environment: { LOCALAPPDATA: '/L' }, platform: 'win32', home: '/h' }),
    ).toBe('/L/tiercel/models');
  });
});

describe('findStarterModels', () => {
  it('finds the package, or says that it is not installed', () => {
    expect(findStarterModels()).toMatch(/starter-models[\\/]models$/);
    expect(findStarterModels('file:///nowhere/at/all.js')).toBeUndefined();
  });
});
