import { fileURLToPath } from 'node:url';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot } from '@tiercel/kernel';
import { gaugeKey } from './gauge-key.js';
import { Tides } from './tides.js';

const manifest = fileURLToPath(new URL('../tier.yaml', import.meta.url));
const harbour = 'Cuxhaven';
const fromMs = Date.parse('2026-03-01T12:00Z');
const timeOf = (atMs: number) => new Date(atMs).toISOString().slice(11, 16);

await using node = await boot({ manifest });
const tides = node.get(Tides);

console.log('The gauge is silent:');
await show();

const highWaterMs = Date.parse('2026-03-01T03:52Z');
await node.get(WorldModel).observe({ key: gaugeKey(harbour), value: highWaterMs, origin: 'gauge' });
console.log(`The gauge has seen a high water at ${timeOf(highWaterMs)}:`);
await show();

const service = node.describe().capabilities.find(({ capability }) => capability === 'tides');
console.log(`The next call goes to ${service?.servedBy}.`);

async function show(): Promise<void> {
  let shown = 0;
  for await (const { atMs, kind, basis } of tides.predict(harbour, { fromMs })) {
    console.log(`  ${timeOf(atMs)} ${kind} water, by the ${basis}`);
    if (++shown === 2) break;
  }
}
