import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** Settings that run one of the example servers of the makers of MCP, as their packages install it. */
export function officialServer(name: 'everything' | 'filesystem' | 'memory', ...args: readonly string[]) {
  const script = resolve(`@modelcontextprotocol/server-${name}/dist/index.js`);
  return { command: process.execPath, args: [script, ...args] };
}
