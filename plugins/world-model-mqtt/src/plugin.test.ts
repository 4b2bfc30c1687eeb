import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { boot, type Environment, type Node, type Plugin, supply } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import worldModelMqtt from './index.js';

let folder = '';
let port = 0;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-mqtt-'));
  // A port on which nobody listens.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
  server.close();
  await once(server, 'close');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface BootMqttOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly environment?: Environment;
  readonly store?: WorldModel;
  readonly log?: FakeLog;
  readonly placement?: 'process';
}

function bootMqtt({ config = {}, environment = {}, store, log, placement }: BootMqttOptions): Promise<Node> {
  const stores: Plugin[] = store ? [supply('@tiercel/store', WorldModel, store)] : [];
  return boot({
    manifest: {
      tier: 'test',
      plugins: {
        'clock-system': null,
        log: { use: '@tiercel/log' },
        ...(store && { store: { use: '@tiercel/store' } }),
        'world-model-mqtt': {
          config: { host: '127.0.0.1', port, dataDirectory: folder, node: 'edge-1', ...config },
          ...(placement && { placement }),
        },
      },
    },
    plugins: [
      ...(placement ? [] : [worldModelMqtt]),
      supply('@tiercel/log', Log, log ?? new FakeLog()),
      ...stores,
    ],
    environment,
    placements: [createProcessPlacement({ restart: { firstMs: 1, longestMs: 1_000, steadyAfterMs: 0 } })],
  });
}

const refusalOf = (code: string, details: unknown = expect.anything()) => ({
  cause: { cause: { code, ...(details !== undefined && { details }) } },
});

describe('@tiercel/world-model-mqtt', () => {
  it('says everything that is wrong with its configuration, and no password', async () => {
    const failure = await bootMqtt({
      environment: {
        WORLD_MODEL_MODE: 'local',
        NODE_NAME: 'living room',
        MQTT_HOST: 'mqtt://user@broker',
        MQTT_PASSWORD: 'hunter2-hunter2',
        MQTT_CA_FILE: 'ca.pem',
        MQTT_CERT_FILE: 'cert.pem',
        MQTT_TOPIC: 'telemetry/#/x,house/v1/state/#',
        MQTT_PREFIX: 'house/v1',
      },
      config: { role: 'core' },
      store: new FakeWorldModel(),
    }).catch((error: unknown) => error);

    expect(failure).toMatchObject(refusalOf('MQTT_CONFIG_INVALID', { findings: expect.any(Array) }));
    for (const finding of [
      '"mode" (WORLD_MODEL_MODE) is "local"',
      '"node" (NODE_NAME)',
      '"host" (MQTT_HOST)',
      '"password" (MQTT_PASSWORD) is set without "username"',
      '"tls" (MQTT_TLS) is off',
      '"certFile" (MQTT_CERT_FILE) and "keyFile"',
      '"telemetry/#/x" in "topics" (MQTT_TOPIC)',
      '"house/v1/state/#" in "topics" (MQTT_TOPIC) cannot be used: it lies below "prefix"',
    ]) {
      expect(String(failure)).toContain(finding);
    }
    expect(String(failure)).not.toContain('hunter2');
  });

  it('refuses a prefix that can stand in no topic', async () => {
    await expect(bootMqtt({ config: { prefix: 'a/#' } })).rejects.toThrow(/"prefix" \(MQTT_PREFIX\)/);
  });

  it('links a store that is there, and is one where there is none', async () => {
    await expect(bootMqtt({ config: { role: 'core' } })).rejects.toMatchObject(
      refusalOf('MQTT_STORE_MISSING'),
    );
    await expect(bootMqtt({ store: new FakeWorldModel() })).rejects.toMatchObject(
      refusalOf('MQTT_STORE_UNEXPECTED'),
    );
  });

  it('hands on the store of a core, whether the broker is there or not', async () => {
    const store = new FakeWorldModel({ entries: { a: 1 } });

    await using node = await bootMqtt({ config: { role: 'core' }, store });
    const [, linked] = node.getAll(WorldModel);

    expect(await linked?.get('a')).toEqual(await store.get('a'));
  });

  it('reads the password from a file, and warns when it would cross the network unencrypted', async () => {
    const log = new FakeLog();
    const file = path.join(folder, 'password');
    await writeFile(file, 'hunter2-hunter2\n');

    await using node = await bootMqtt({
      environment: { MQTT_USERNAME: 'edge-1', MQTT_PASSWORD_FILE: file, MQTT_HOST: '192.0.2.1' },
      log,
    });

    expect(node.get(WorldModel)).toBeDefined();
    expect(log.messages('warn')).toContain('the password crosses the network unencrypted; set MQTT_TLS');
    expect(JSON.stringify([log.lines, node.describe()])).not.toContain('hunter2');
  });

  it('starts degraded without a broker, and serves', async () => {
    await using node = await bootMqtt({});

    await node.get(WorldModel).observe({ key: 'a', value: 1, origin: 'test' });

    expect(await node.get(WorldModel).get('a')).toMatchObject({ isPending: true });
    expect(node.plugins.find(({ plugin }) => plugin === 'world-model-mqtt')).toMatchObject({
      state: 'degraded',
    });
  });

  it('has what it acknowledged after its process was killed', async () => {
    await using node = await bootMqtt({ placement: 'process' });
    const world = node.get(WorldModel);
    const keys = Array.from({ length: 50 }, (_, index) => `k/${index}`);
    await Promise.all(keys.map((key) => world.observe({ key, value: key, origin: 'test' })));

    await killed(node);

    const { entries } = await world.snapshot();
    expect(entries.map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(entries.every(({ isPending }) => isPending)).toBe(true);
  });
});

/** Kills the child, and settles when another one serves. */
async function killed(node: Node): Promise<void> {
  const find = () => node.describe().plugins.find(({ plugin }) => plugin === 'world-model-mqtt');
  const pid = Number(find()?.facts?.['pid']);
  const isBack = () => {
    const status = find();
    const serves = status?.state === 'ready' || status?.state === 'degraded';
    return serves && status?.facts?.['pid'] !== undefined && status.facts['pid'] !== pid;
  };
  await new Promise<void>((resolve) => {
    const leave = node.subscribe(() => {
      if (!isBack()) return;
      leave();
      resolve();
    });
    process.kill(pid, 'SIGKILL');
  });
}
