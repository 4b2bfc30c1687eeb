import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DurableFolder } from './durable.test.support.js';

const KILLS = 100;

let durable: DurableFolder;
beforeEach(async () => {
  durable = await DurableFolder.make();
});
afterEach(async () => await durable[Symbol.asyncDispose]());

describe('a durable world model whose process is killed with -9 while it writes', () => {
  it(`has every acknowledged entry and no half of a pair, ${KILLS} times in a row`, async () => {
    // Two entries that are asked for at once are one commit, and so are there together or not at all.
    const program = `
console.log('open');
for (let round = FIRST; ; round++) {
  await Promise.all(['a', 'b'].map((side) => world.observe({ key: 'pair-' + (round % 50) + '/' + side, value: round, origin })));
  console.log(round);
}`;
    let acknowledged = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const child = durable.start(program.replace('FIRST', String(acknowledged + 1)));
      const ended = once(child, 'close');
      if (!child.stdout) throw new TypeError('no output');
      const killAt = acknowledged + 1 + ((kill * 7) % 23);
      for await (const line of createInterface({ input: child.stdout })) {
        if (line === 'open') continue;
        acknowledged = Number(line);
        if (acknowledged === killAt) child.kill('SIGKILL');
      }
      await ended;

      const { world, journal } = await durable.open();
      const { entries } = await world.snapshot();
      const values = new Map(entries.map(({ key, value }) => [key, Number(value)]));
      const torn = [...values].filter(
        ([key, value]) =>
          values.get(`${key.slice(0, -1)}a`) !== value || values.get(`${key.slice(0, -1)}b`) !== value,
      );
      await durable.close();

      expect(journal.movedAside).toBeUndefined();
      expect(torn).toEqual([]);
      const latest = Math.max(...values.values());
      expect(latest).toBeGreaterThanOrEqual(acknowledged);
      for (let round = Math.max(1, latest - 49); round <= acknowledged; round++) {
        expect(values.get(`pair-${round % 50}/a`)).toBe(round);
      }
      acknowledged = latest;
    }

    const { world, journal } = await durable.open();
    expect(journal.revision).toBe(2 * acknowledged);
    expect((await world.history('', { after: 2 * acknowledged - 2 })).records).toHaveLength(2);
  }, 600_000);
});

const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((file) => existsSync(file));
const hint = prlimit ? '' : ' (skipped: "sudo apt install util-linux" lets it run)';

describe('a durable world model whose disk is full', () => {
  (prlimit ? it : it.skip)(
    `refuses what it cannot keep, serves reads, tells so, and recovers by itself${hint}`,
    async () => {
      // The system refuses every write beyond this size of a file, as a full disk does.
      const child = durable.start(`
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
process.on('SIGXFSZ', () => undefined);
const limit = (bytes) => execFileSync(${JSON.stringify(prlimit)}, ['--pid', String(process.pid), '--fsize=' + bytes + ':']);
const observe = (key, value) => world.observe({ key, value, origin }).then(({ revision }) => revision, ({ code }) => code);
await observe('a', 'before');
limit(statSync(${JSON.stringify(`${durable.file}-wal`)}).size);
const full = await Promise.all([observe('a', 'refused'), observe('b', 'refused'), observe('c', 'refused')]);
const { value } = await world.get('a');
const { revision, entries } = await world.snapshot();
console.log(JSON.stringify({ full, value, revision, entries: entries.length, forgotten: await world.forget('a', { origin }).catch(({ code }) => code) }));
limit('unlimited');
await new Promise((resolve) => process.stdin.once('data', resolve));
console.log(JSON.stringify({ after: await observe('b', 'after') }));
await world[Symbol.asyncDispose]();
journal.close();
process.exit(0);`);
      const ended = once(child, 'close');
      if (!child.stdout) throw new TypeError('no output');
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        // Nobody has written anything since: it noticed by itself that it can.
        if (line === 'writable') child.stdin?.end('go on');
      }
      await ended;

      expect(lines.map((line) => (line.startsWith('{') ? JSON.parse(line) : line))).toEqual([
        'unwritable',
        {
          full: ['WORLD_MODEL_UNWRITABLE', 'WORLD_MODEL_UNWRITABLE', 'WORLD_MODEL_UNWRITABLE'],
          value: 'before',
          revision: 1,
          entries: 1,
          forgotten: 'WORLD_MODEL_UNWRITABLE',
        },
        'writable',
        { after: 2 },
      ]);
      const { world } = await durable.open();
      expect((await world.snapshot()).entries.map(({ key, value }) => [key, value])).toEqual([
        ['a', 'before'],
        ['b', 'after'],
      ]);
    },
    120_000,
  );
});
