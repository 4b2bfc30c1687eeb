// What it costs to call a tool where it runs: here, in a process of its own, and on another machine: through the proxy
// (MCP, with registry and audit log over there) and as the older system did it (got → express, `/run_tool/`). And how long
// a tool on another machine runs on after its call was cancelled.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Log } from '@tiercel/capabilities/log';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { boot, supply } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import got from 'got';
import { atMost, inTurns, median, medianRatio, quantile, rounded } from './harness.js';
import { echoTools } from './tools/echo-tools.js';

const key = 'key-of-the-benchmark';
const args = { text: 'x'.repeat(1_000) };
const rounds = 20;
const warmUp = 4;
const calls = 50;
const cancels = 200;

const fileOf = (name) => fileURLToPath(new URL(`./tools/${name}`, import.meta.url));
const log = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, () => undefined]));
const nowMs = () => performance.timeOrigin + performance.now();

/** A message of that type from a child. */
async function messageFrom(child, type) {
  for (;;) {
    const [message] = await once(child, 'message');
    if (message.type === type) return message;
  }
}

async function openWays() {
  const children = ['core.js', 'older-server.js'].map((name) =>
    fork(fileOf(name), { env: { ...process.env, BENCH_KEY: key } }),
  );
  const [core] = children;
  const [{ url }, { url: olderUrl }] = await Promise.all(
    children.map((child) => messageFrom(child, 'listening')),
  );
  const at = (placement) => ({
    manifest: { tier: 'bench', plugins: { tools: { use: './echo-tools.js', placement } } },
    directory: fileOf(''),
    placements: [createProcessPlacement()],
  });
  const nodes = [
    await boot(at('inline')),
    await boot(at('process')),
    await boot({
      manifest: {
        tier: 'bench',
        plugins: {
          'clock-system': null,
          log: { use: '@bench/log' },
          'tool-remote-proxy': { config: { url, apiKey: key } },
        },
      },
      plugins: [supply('@bench/log', Log, log)],
      environment: {},
    }),
  ];
  const [inline, placed, remote] = nodes.map((node) => node.get(ToolProvider));
  const direct = echoTools({ started: () => undefined, stopped: () => undefined });
  const runTool = (base) => async () => {
    const { result } = await got
      .post(`${base}/run_tool/`, {
        json: { tool: 'Echo', method: 'echo', args },
        headers: { authorization: `Bearer ${key}` },
        retry: { limit: 0 },
      })
      .json();
    return { content: result };
  };
  return {
    remote,
    core,
    ways: {
      'direct call': () => direct.call('echo', args),
      local: () => inline.call('echo', args),
      child: () => placed.call('echo', args),
      'remote, proxy → gateway': () => remote.call('echo', args),
      'remote, got → gateway /run_tool/': runTool(url),
      'remote, got → express /run_tool/': runTool(olderUrl),
    },
    async close() {
      await Promise.all(nodes.map((node) => node.stop()));
      for (const child of children) child.disconnect();
      await Promise.all(children.map((child) => once(child, 'exit')));
    },
  };
}

/** From `abort()` here to the abort event of the signal that the tool has over there. */
async function timeCancel(remote, core) {
  const controller = new AbortController();
  const started = messageFrom(core, 'started');
  const call = remote.call('wait', {}, { signal: controller.signal }).catch(() => undefined);
  await started;
  const stopped = messageFrom(core, 'stopped');
  const abortedAtMs = nowMs();
  controller.abort(new Error('enough'));
  const { atMs } = await stopped;
  await call;
  return atMs - abortedAtMs;
}

export async function measure() {
  const { ways, remote, core, close } = await openWays();
  const latencies = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  const cases = Object.fromEntries(
    Object.entries(ways).map(([way, call]) => [
      way,
      async () => {
        const repeat = way === 'direct call' || way === 'local' ? 100 : 1;
        const startedMs = performance.now();
        for (let run = 0; run < calls; run++) {
          const beganMs = performance.now();
          for (let again = 0; again < repeat; again++) {
            const { content } = await call();
            if (content.text.length !== args.text.length) throw new TypeError(`${way} lost its text.`);
          }
          latencies[way].push(((performance.now() - beganMs) * 1_000) / repeat);
        }
        return ((performance.now() - startedMs) * 1_000) / calls / repeat;
      },
    ]),
  );
  const figures = await inTurns(cases, { rounds, warmUp });
  const cancelMs = [];
  for (let run = -20; run < cancels; run++) {
    const ms = await timeCancel(remote, core);
    if (run >= 0) cancelMs.push(ms);
  }
  await close();

  const against = 'remote, got → express /run_tool/';
  const results = Object.keys(ways).flatMap((way) => {
    const counted = latencies[way].slice(warmUp * calls);
    const isCompared = way.startsWith('remote') && way !== against;
    const ratio = isCompared ? { ratio: rounded(medianRatio(figures, way, against)), against } : {};
    return [
      { case: `${way}: p50`, value: rounded(median(counted)), unit: 'µs', ...ratio },
      { case: `${way}: p99`, value: rounded(quantile(counted, 0.99)), unit: 'µs' },
    ];
  });
  results.push(
    { case: 'cancel → stopped tool, remote: p50', value: rounded(median(cancelMs)), unit: 'ms' },
    { case: 'cancel → stopped tool, remote: p99', value: rounded(quantile(cancelMs, 0.99)), unit: 'ms' },
  );
  return {
    results,
    goals: [atMost('cancel → stopped tool, remote, p99 (ms)', quantile(cancelMs, 0.99), 10)],
  };
}
