// Reads through the capability, as a plugin makes them, of keys spread over the whole store.
import { atMost, inTurns, median, medianRatio, rounded } from '../harness.js';
import { fill, keyOf, openStore } from './open-store.js';

const sizes = [1_000, 100_000, 1_000_000];
const reads = 100_000;
const prefixReads = 10_000;
const rounds = 9;
const watchers = 5_000;

/** A step without a common divisor with any of the sizes visits all of them, and no two neighbours in a row. */
const STEP = 7_919;

const microsecondsEach = async (count, work) => {
  const startMs = performance.now();
  await work();
  return ((performance.now() - startMs) * 1_000) / count;
};

/** Keys as they come out of a message: each a text of its own. */
const keysOf = (count, size) =>
  Array.from({ length: count }, (_, read) => Buffer.from(keyOf((read * STEP) % size)).toString('latin1'));

/** The least that an answer from memory can be: a map behind an async function. */
function openBareMap(size) {
  const entries = new Map();
  for (let index = 0; index < size; index++) {
    const key = keyOf(index);
    entries.set(key, Object.freeze({ key, value: Object.freeze({ on: true, level: index % 100 }), index }));
  }
  return { get: async (key) => entries.get(key) };
}

function casesOf(world, bare, size) {
  const often = keysOf(1_000, size);
  const seldom = keysOf(reads, size);
  const prefixes = seldom.slice(0, prefixReads).map((key) => key.slice(0, key.lastIndexOf('/')));
  const readAll = async (store, keys) => {
    for (let count = 0; count < reads; count += keys.length) for (const key of keys) await store.get(key);
  };
  return {
    often: () => microsecondsEach(reads, () => readAll(world, often)),
    'often, bare': () => microsecondsEach(reads, () => readAll(bare, often)),
    seldom: () => microsecondsEach(reads, () => readAll(world, seldom)),
    'seldom, bare': () => microsecondsEach(reads, () => readAll(bare, seldom)),
    prefix: () =>
      microsecondsEach(prefixReads, async () => {
        for (const prefix of prefixes) await world.snapshot(prefix);
      }),
  };
}

/** Changes of one entry beside thousands who watch others. */
async function measureWatchers(world) {
  const changeEach = () =>
    microsecondsEach(1_000, async () => {
      for (let value = 0; value < 1_000; value++) {
        await world.observe({ key: 'bench/changing', value, origin: 'bench' });
      }
    });
  // Until the code is as fast as it gets.
  for (let warmUp = 0; warmUp < 10; warmUp++) await changeEach();
  const aloneUs = await changeEach();
  const readers = Array.from({ length: watchers }, (_, index) =>
    world.watch(`device/w${index}`)[Symbol.asyncIterator](),
  );
  const waiting = readers.map((reader) => reader.next());
  const besideUs = await changeEach();
  await Promise.all(readers.map((reader) => reader.return()));
  await Promise.all(waiting);
  return { aloneUs, besideUs };
}

export async function measureReads() {
  const results = [];
  let readUs;
  for (const size of sizes) {
    const store = await openStore({ maxEntries: size + 10, maxMiB: 1_024 });
    await fill(store.world, size);
    const figures = await inTurns(casesOf(store.world, openBareMap(size), size), { rounds });
    const against = 'a bare map';
    readUs = median(figures.often);
    results.push(
      {
        case: `read of ${size} entries, the same 1,000 again and again`,
        value: rounded(readUs),
        unit: 'µs',
        ratio: rounded(medianRatio(figures, 'often', 'often, bare')),
        against,
      },
      {
        case: `read of ${size} entries, each after ${Math.min(size, reads) - 1} others`,
        value: rounded(median(figures.seldom)),
        unit: 'µs',
        ratio: rounded(medianRatio(figures, 'seldom', 'seldom, bare')),
        against,
      },
      {
        case: `prefix of 10 of ${size} entries, each after others`,
        value: rounded(median(figures.prefix)),
        unit: 'µs',
      },
    );
    if (size === 1_000) {
      const { aloneUs, besideUs } = await measureWatchers(store.world);
      results.push(
        { case: 'a change in memory', value: rounded(aloneUs), unit: 'µs' },
        {
          case: `a change beside ${watchers} watchers of other entries`,
          value: rounded(besideUs),
          unit: 'µs',
          ratio: rounded(besideUs / aloneUs),
          against: 'alone',
        },
      );
    }
    await store.stop();
  }
  return { results, goals: [atMost('a read of 1,000,000 entries in µs', readUs, 1)] };
}
