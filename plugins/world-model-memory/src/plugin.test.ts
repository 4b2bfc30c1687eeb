import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot, supply } from '@tiercel/kernel';
import worldModelMemory from './index.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-seed-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function writeSeed(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

function bootWorld(config: Readonly<Record<string, unknown>>, environment: Record<string, string> = {}) {
  return boot({
    manifest: { tier: 'test', plugins: { 'world-model-memory': { config }, clock: null, log: null } },
    plugins: [
      worldModelMemory,
      supply('@tiercel/clock', Clock, new FakeClock()),
      supply('@tiercel/log', Log, new FakeLog()),
    ],
    environment,
  });
}

/** How the start fails with a seed that cannot be used. */
function refusalOf(source: string, findings: unknown = expect.any(Array)) {
  return { cause: { cause: { code: 'WORLD_MODEL_SEED_INVALID', details: { source, findings } } } };
}

const house = `
locations:
  - id: living-room
    name: Living room
    infrastructure:
      - { id: heater-1, type: heater, state: off }
devices:
  - id: lamp-1
    name: reading lamp
    aliases: [corner lamp]
    type: light
    location_id: living-room
    state: on
    brightness: 40
`;

const houseEntries = [
  ['device/heater-1/location', 'living-room'],
  ['device/heater-1/state', 'off'],
  ['device/heater-1/type', 'heater'],
  ['device/lamp-1/aliases', ['corner lamp']],
  ['device/lamp-1/brightness', 40],
  ['device/lamp-1/location', 'living-room'],
  ['device/lamp-1/name', 'reading lamp'],
  ['device/lamp-1/state', 'on'],
  ['device/lamp-1/type', 'light'],
  ['location/living-room/name', 'Living room'],
];

describe('@tiercel/world-model-memory', () => {
  it('starts empty', async () => {
    await using node = await bootWorld({});

    expect((await node.get(WorldModel).snapshot()).entries).toEqual([]);
  });

  it('takes devices from the manifest', async () => {
    await using node = await bootWorld({
      devices: { lamp: { name: 'living room lamp', aliases: ['lounge lamp'], type: 'light', state: false } },
    });

    const { entries } = await node.get(WorldModel).snapshot('device/lamp');

    expect(entries.map(({ key, value, origin }) => [key, value, origin])).toEqual([
      ['device/lamp/aliases', ['lounge lamp'], 'seed'],
      ['device/lamp/name', 'living room lamp', 'seed'],
      ['device/lamp/state', 'off', 'seed'],
      ['device/lamp/type', 'light', 'seed'],
    ]);
  });

  it.each(['WORLD_MODEL_SEED', 'ONTOLOGY_PATH'])(
    'takes locations and devices from the file in %s',
    async (variable) => {
      const file = await writeSeed('house.yaml', house);

      await using node = await bootWorld({}, { [variable]: file });
      const { entries } = await node.get(WorldModel).snapshot();

      expect(entries.map(({ key, value }) => [key, value])).toEqual(houseEntries);
    },
  );

  it('lists everything that is wrong with a seed, by line', async () => {
    const file = await writeSeed(
      'wrong.yaml',
      `locations: 5
rooms: []
devices:
  - id: a/b
  - id: lamp
    name: 7
    aliases: lounge
  - id: lamp
  - state: on
  - text
  - { id: x, "a b": 1 }
`,
    );

    const failure = await bootWorld({ seed: file, devices: { lamp: {}, tv: 'on' } }).catch(
      (error: Error) => error,
    );

    expect(failure).toMatchObject(refusalOf(file));

    for (const finding of [
      'line 2: "rooms" is not known here',
      'line 1: "locations" is not a list',
      'line 4: a device needs an "id"',
      'line 6: "name" is not text',
      'line 7: "aliases" is not a list of text',
      'line 8: device "lamp" is there already (line 5)',
      'line 9: a device needs an "id"',
      'line 10: is not a map',
      'line 11: World model key "device/x/a b" is not valid',
      'devices.lamp: device "lamp" is there already (line 5)',
      'devices.tv: is not a map',
    ]) {
      expect(String(failure)).toContain(finding);
    }
  });

  it('refuses duplicate keys and broken YAML by line', async () => {
    const twice = await writeSeed('twice.yaml', 'devices:\n  - id: a\n    state: on\n    state: off\n');
    const broken = await writeSeed('broken.yaml', 'devices:\n  - {id: a\nx: ]');
    const bomb = await writeSeed(
      'bomb.yaml',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefgh'.replaceAll(/./g, (letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]\n`)}devices: *h\n`,
    );

    await expect(bootWorld({ seed: twice })).rejects.toThrow(/line 4: Map keys must be unique/);
    await expect(bootWorld({ seed: broken })).rejects.toThrow(/line \d+: /);
    await expect(bootWorld({ seed: bomb })).rejects.toThrow(/multiply without end/);
  });

  it('says when the seed file cannot be read', async () => {
    const file = path.join(folder, 'none.yaml');

    await expect(bootWorld({ seed: file })).rejects.toMatchObject(
      refusalOf(file, ['it cannot be read (ENOENT)']),
    );
  });

  it('keeps the world model in the file of WORLD_MODEL_DATABASE, and fills it with a seed only once', async () => {
    const environment = { WORLD_MODEL_DATABASE: path.join(folder, 'deep', 'world.db') };
    const devices = { lamp: { state: 'off' }, tv: { state: 'off' } };
    const first = await bootWorld({ devices }, environment);
    await first.get(WorldModel).observe({ key: 'device/lamp/state', value: 'on', origin: 'test' });
    await first.get(WorldModel).forget('device/tv/state', { origin: 'test' });
    await first.stop();

    await using second = await bootWorld({ devices }, environment);
    const { entries, revision } = await second.get(WorldModel).snapshot();

    expect(entries.map(({ key, value }) => [key, value])).toEqual([['device/lamp/state', 'on']]);
    expect(revision).toBe(4);
  });

  it('fills an empty file with all of a seed or nothing', async () => {
    const environment = { WORLD_MODEL_DATABASE: path.join(folder, 'small.db') };
    const devices = { lamp: { state: 'off' }, tv: { state: 'off' } };

    const small = bootWorld({ devices, maxEntries: 1 }, environment);

    await expect(small).rejects.toMatchObject({ cause: { cause: { code: 'WORLD_MODEL_FULL' } } });
    await using large = await bootWorld({ devices }, environment);
    expect((await large.get(WorldModel).snapshot()).entries).toHaveLength(2);
  });

  it('does not start on a database that another node uses', async () => {
    const environment = { WORLD_MODEL_DATABASE: path.join(folder, 'used.db') };
    await using _first = await bootWorld({}, environment);

    const second = bootWorld({}, environment);

    await expect(second).rejects.toMatchObject({ cause: { cause: { code: 'DATABASE_LOCKED' } } });
  });

  it('tells how many entries there are, and whether they outlive the process', async () => {
    await using node = await bootWorld({}, { WORLD_MODEL_DATABASE: path.join(folder, 'facts.db') });
    await node.get(WorldModel).observe({ key: 'a', value: 1, origin: 'test' });

    const { plugins } = await node.describe();

    expect(plugins.find(({ plugin }) => plugin === 'world-model-memory')).toMatchObject({
      facts: { entries: 1, durable: true },
    });
  });
});
