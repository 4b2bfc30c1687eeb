// A node that serves its tools, as installed: registry with audit log, gateway with keys.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Log } from '@tiercel/capabilities/log';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { boot, supply } from '@tiercel/kernel';
import { echoTools } from './echo-tools.js';

// Both processes read the same clock of the machine.
const nowMs = () => performance.timeOrigin + performance.now();
const tools = echoTools({
  started: () => process.send({ type: 'started' }),
  stopped: () => process.send({ type: 'stopped', atMs: nowMs() }),
});
const log = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, () => undefined]));
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'tiercel-bench-'));
const node = await boot({
  manifest: {
    tier: 'bench',
    plugins: {
      'clock-system': null,
      log: { use: '@bench/log' },
      tools: { use: '@bench/tools' },
      'tool-registry': { config: { dataDirectory } },
      gateway: {
        config: {
          groups: ['tools'],
          toolPort: 0,
          toolApiKeys: [process.env.BENCH_KEY],
          requestsPerMinute: 0,
        },
      },
    },
  },
  plugins: [supply('@bench/log', Log, log), supply('@bench/tools', ToolProvider, tools)],
});
const { facts } = node.describe().plugins.find(({ plugin }) => plugin === 'gateway');
process.send({ type: 'listening', url: facts.listeners[0].url });
process.once('disconnect', async () => {
  await node.stop();
  rmSync(dataDirectory, { recursive: true });
  process.exit(0);
});
