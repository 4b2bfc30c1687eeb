// What it costs to call a plugin where it runs: inline against a direct call; in a process of its own against the bare
// ways of Node to reach another process or thread, and against HTTP on the loopback interface (got → express).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { boot } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import got from 'got';
import { atMost, inTurns, median, medianRatio, quantile, rounded } from './harness.js';
import { Echo } from './placement/echo.js';

const sizes = [
  { name: '1 KiB', bytes: 1_024, calls: 400 },
  { name: '300 KiB', bytes: 300 * 1_024, calls: 80 },
];
const fileOf = (name) => fileURLToPath(new URL(`./placement/${name}`, import.meta.url));

/** Turns a pair of `send` and messages with an id into calls. */
function callsOver(send, onMessage) {
  const pending = new Map();
  let last = 0;
  onMessage(({ id, bytes }) => {
    pending.get(id)(bytes);
    pending.delete(id);
  });
  return (bytes) =>
    new Promise((resolve) => {
      const id = ++last;
      pending.set(id, resolve);
      send({ id, bytes });
    });
}

/** Every way to have bytes echoed, and a way to close them all. */
async function openWays() {
  const entry = { use: './echo.js' };
  const at = (placement) => ({
    manifest: { tier: 'bench', plugins: { echo: { ...entry, placement } } },
    directory: fileOf(''),
    placements: [createProcessPlacement()],
  });
  const inline = await boot(at('inline'));
  const placed = await boot(at('process'));
  const child = fork(fileOf('raw-child.js'), { serialization: 'advanced' });
  const worker = new Worker(fileOf('worker.js'));
  const server = fork(fileOf('http-child.js'));
  const [{ port }] = await once(server, 'message');
  const url = `http://127.0.0.1:${port}/echo`;
  const headers = { 'content-type': 'application/octet-stream' };
  const direct = { echo: async (bytes) => bytes };
  const [inlineEcho, placedEcho] = [inline.get(Echo), placed.get(Echo)];
  return {
    ways: {
      'direct call': (bytes) => direct.echo(bytes),
      inline: (bytes) => inlineEcho.echo(bytes),
      process: (bytes) => placedEcho.echo(bytes),
      'raw child_process IPC': callsOver(
        (message) => child.send(message),
        (listener) => child.on('message', listener),
      ),
      'worker_threads message': callsOver(
        (message) => worker.postMessage(message),
        (listener) => worker.on('message', listener),
      ),
      'loopback HTTP': (bytes) => got.post(url, { body: bytes, headers }).buffer(),
    },
    async close() {
      await Promise.all([inline.stop(), placed.stop(), worker.terminate()]);
      for (const process of [child, server]) process.kill('SIGKILL');
    },
  };
}

export async function measure() {
  const { ways, close } = await openWays();
  const latencies = {};
  const cases = {};
  for (const { name: size, bytes, calls } of sizes) {
    const payload = new Uint8Array(bytes).map((_, index) => index);
    for (const [way, echo] of Object.entries(ways)) {
      const name = `${way}, ${size}`;
      // A call within the process is over before a clock has been read twice.
      const repeat = way === 'direct call' || way === 'inline' ? 100 : 1;
      latencies[name] = [];
      cases[name] = async () => {
        const startedMs = performance.now();
        for (let call = 0; call < calls; call++) {
          const beganMs = performance.now();
          for (let again = 0; again < repeat; again++) {
            const back = await echo(payload);
            if (back.length !== bytes) throw new TypeError(`${name} answered with ${back.length} bytes.`);
          }
          latencies[name].push(((performance.now() - beganMs) * 1_000) / repeat);
        }
        return ((performance.now() - startedMs) * 1_000) / calls / repeat;
      };
    }
  }
  const figures = await inTurns(cases, { rounds: 20, warmUp: 3 });
  await close();

  const warmUpCalls = (calls) => 3 * calls;
  const results = [];
  const goals = [];
  for (const { name: size, calls } of sizes) {
    const ratio = (way, against) => medianRatio(figures, `${way}, ${size}`, `${against}, ${size}`);
    for (const way of Object.keys(ways)) {
      const name = `${way}, ${size}`;
      const counted = latencies[name].slice(warmUpCalls(calls));
      const against = way === 'inline' ? 'direct call' : 'raw child_process IPC';
      const isCompared = way !== 'direct call' && way !== against;
      results.push({
        case: `${name}: p50`,
        value: rounded(median(counted)),
        unit: 'µs',
        ...(isCompared && { ratio: rounded(ratio(way, against)), against }),
      });
      results.push({ case: `${name}: p99`, value: rounded(quantile(counted, 0.99)), unit: 'µs' });
    }
    goals.push(
      atMost(`process against raw IPC, ${size}`, ratio('process', 'raw child_process IPC'), 1.5),
      atMost(`process against loopback HTTP, ${size}`, ratio('process', 'loopback HTTP'), 0.5),
    );
  }
  return { results, goals };
}
