// Acknowledged changes per second, against the same rows written by libsql itself with the same settings; and how long a
// node takes to have its world model again, after a clean stop and after kill -9.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Libsql from 'libsql';
import { inTurns, median, medianRatio, rounded } from '../harness.js';
import { fill, keyOf, openStore } from './open-store.js';

const changes = 512;
const atOnce = 64;
const rounds = 9;
const entries = 100_000;
const kills = 5;

/** The two rows of a change, one commit for `size` of them. */
function openDirect(file) {
  const database = new Libsql(file);
  for (const setting of ['locking_mode=EXCLUSIVE', 'journal_mode=WAL', 'synchronous=FULL']) {
    const pragma = database.prepare(`PRAGMA ${setting}`);
    if (pragma.reader) pragma.all([]);
    else pragma.run([]);
  }
  const columns = 'value TEXT, revision INTEGER, origin TEXT, time_ms INTEGER, hlc TEXT';
  database.exec(`CREATE TABLE entry (key TEXT PRIMARY KEY, ${columns}) STRICT, WITHOUT ROWID`);
  database.exec(`CREATE TABLE change (number INTEGER PRIMARY KEY, key TEXT, ${columns}) STRICT`);
  const entry = database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)');
  const change = database.prepare('INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?)');
  const [begin, commit] = ['BEGIN IMMEDIATE', 'COMMIT'].map((sql) => database.prepare(sql));
  let number = 0;
  return {
    write(size) {
      begin.run([]);
      for (let step = 0; step < size; step++) {
        number += 1;
        const timeMs = Date.now();
        const row = [JSON.stringify({ on: true, number }), number, '"bench"', timeMs, `${timeMs}-0000-store`];
        entry.run([keyOf(number % 1_000), ...row]);
        change.run([number, keyOf(number % 1_000), ...row]);
      }
      commit.run([]);
    },
    close: () => database.close(),
  };
}

const perSecond = async (work) => {
  const startMs = performance.now();
  await work();
  return (changes * 1_000) / (performance.now() - startMs);
};

async function measureWrites(folder) {
  const store = await openStore({ durable: path.join(folder, 'writes.db') });
  const direct = openDirect(path.join(folder, 'direct.db'));
  let number = 0;
  const observe = () => {
    number += 1;
    return store.world.observe({ key: keyOf(number % 1_000), value: { on: true, number }, origin: 'bench' });
  };
  const figures = await inTurns(
    {
      'store, one': () =>
        perSecond(async () => {
          for (let change = 0; change < changes; change++) await observe();
        }),
      'libsql, one': () =>
        perSecond(() => {
          for (let change = 0; change < changes; change++) direct.write(1);
        }),
      'store, many': () =>
        perSecond(async () => {
          for (let change = 0; change < changes; change += atOnce) {
            await Promise.all(Array.from({ length: atOnce }, observe));
          }
        }),
      'libsql, many': () =>
        perSecond(() => {
          for (let change = 0; change < changes; change += atOnce) direct.write(atOnce);
        }),
    },
    { rounds },
  );
  direct.close();
  await store.stop();
  return figures;
}

/** A process that writes until it is killed. */
async function killWhileWriting(file) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./endless-writer.js', import.meta.url)), file],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await ended;
}

async function openingMs(file) {
  const startMs = performance.now();
  const store = await openStore({ durable: file });
  const passedMs = performance.now() - startMs;
  await store.stop();
  return passedMs;
}

async function measureOpening(folder) {
  const file = path.join(folder, 'large.db');
  const store = await openStore({ durable: file });
  await fill(store.world, entries);
  await store.stop();
  const cleanMs = [];
  const killedMs = [];
  for (let round = 0; round < kills; round++) {
    cleanMs.push(await openingMs(file));
    await killWhileWriting(file);
    killedMs.push(await openingMs(file));
  }
  const emptyMs = [];
  for (let round = 0; round < kills; round++) {
    emptyMs.push(await openingMs(path.join(folder, `empty-${round}.db`)));
  }
  return { cleanMs: median(cleanMs), killedMs: median(killedMs), emptyMs: median(emptyMs) };
}

export async function measureDurable() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-bench-'));
  const figures = await measureWrites(folder);
  const { cleanMs, killedMs, emptyMs } = await measureOpening(folder);
  await rm(folder, { recursive: true });

  const against = 'libsql used directly';
  const pair = (title, way) => [
    { case: `${title}: ${against}`, value: rounded(median(figures[`libsql, ${way}`])), unit: 'changes/s' },
    {
      case: `${title}: durable store`,
      value: rounded(median(figures[`store, ${way}`])),
      unit: 'changes/s',
      ratio: rounded(medianRatio(figures, `store, ${way}`, `libsql, ${way}`)),
      against,
    },
  ];
  return {
    results: [
      ...pair('kept one by one', 'one'),
      ...pair(`kept ${atOnce} at once`, 'many'),
      { case: 'start of a node with an empty database', value: rounded(emptyMs), unit: 'ms' },
      { case: `  with ${entries} entries`, value: rounded(cleanMs), unit: 'ms' },
      { case: '  the same after kill -9 while it wrote', value: rounded(killedMs), unit: 'ms' },
    ],
    goals: [],
  };
}
