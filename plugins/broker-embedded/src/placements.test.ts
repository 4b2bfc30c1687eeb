import { describe, expect, it } from '@jest/globals';
import { bootTest, killProcessOf } from '@tiercel/testkit';
import { freePort, TestClient } from './broker.test.support.js';

describe('broker-embedded in a child process', () => {
  it('serves, and serves again after it was killed', async () => {
    const port = await freePort();
    await using test = await bootTest({
      entries: { 'broker-embedded': { placement: 'process', config: { port } }, 'clock-system': null },
    });
    const url = `mqtt://127.0.0.1:${port}`;
    await using before = await TestClient.connect(url);
    await before.client.publishAsync('a', 'kept in memory', { qos: 1, retain: true });

    await killProcessOf(test.node, 'broker-embedded');
    await before.closed();
    await using after = await TestClient.connect(url);
    await after.client.subscribeAsync('#', { qos: 1 });
    await after.client.publishAsync('b', 'new', { qos: 1 });

    expect(await after.received(1)).toEqual(['new']);
  });
});
