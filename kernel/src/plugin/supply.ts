import type { Capability } from './capability.js';
import { definePlugin, type Plugin, provide } from './plugin.js';

/** A plugin that hands out an object which already exists: for hosts that bring their own, and for tests. The caller keeps ownership. */
export function supply<T, F>(name: string, capability: Capability<T, F>, provider: T): Plugin {
  return definePlugin({
    name,
    version: '0.0.0',
    provides: { provider: provide(capability as Capability<T>) },
    setup: () => ({ provider }) as never,
  });
}
