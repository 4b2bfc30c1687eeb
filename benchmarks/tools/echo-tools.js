// The tools that are called: here, in a process of its own, and on another machine.
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { definePlugin, provide } from '@tiercel/kernel';

const parameters = {
  type: 'object',
  additionalProperties: false,
  properties: { text: { type: 'string', maxLength: 10_000 } },
};
const descriptors = [
  { name: 'echo', description: 'Gives back what it gets.', legacy: { tool: 'Echo', method: 'echo' } },
  // Takes as long as the caller lets it, so as many as like may run.
  { name: 'wait', description: 'Works until it is cancelled.', limits: { timeoutMs: 60_000 } },
].map((tool) => ({ ...tool, parameters, effect: 'read', weight: 'heavy' }));

/** @param {{ started(): void, stopped(): void }} watcher told when `wait` begins and when its signal aborts */
export function echoTools(watcher) {
  return {
    list: async () => descriptors,
    call: async (name, args, { signal } = {}) => {
      if (name === 'echo') return { content: args };
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          watcher.stopped();
          reject(signal.reason);
        });
        watcher.started();
      });
    },
  };
}

export default definePlugin({
  name: 'echo-tools',
  version: '1.0.0',
  provides: { tools: provide(ToolProvider) },
  setup: () => ({ tools: echoTools({ started: () => undefined, stopped: () => undefined }) }),
});
