import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { freePorts } from './free-ports.js';
import { Neighbour } from './neighbour.js';

it('says which entry it did not see, where the house has no broker', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-neighbour-'));
  const [port] = await freePorts(1);
  const { signal } = new AbortController();
  const environment = {
    MQTT_HOST: '127.0.0.1',
    MQTT_PORT: `${port}`,
    NODE_NAME: 'kitchen',
    DATA_DIR: folder,
  };

  await using neighbour = await Neighbour.open({ environment, signal });
  const seeing = neighbour.whenSeen('device/lamp/state', 'on', { signal, timeoutMs: 10 });

  await expect(seeing).rejects.toMatchObject({
    code: 'CLI_WORLD_NOT_SHARED',
    details: { key: 'device/lamp/state', waitedMs: 10 },
  });
  await rm(folder, { recursive: true, force: true });
});
