import { describe, expect, it } from '@jest/globals';
import { describeWithMosquitto } from '@tiercel/testkit';
import { Mosquitto } from '@tiercel/testkit/mosquitto';
import { serveBroker, TestClient } from './broker.test.support.js';

/** An edge takes its copy of the state for complete when the status of the core has come after it. */
function describeOrder(open: () => Promise<AsyncDisposable & { readonly url: string }>): void {
  it.each([0, 1] as const)(
    'delivers all retained messages of one subscription before any of a later one (QoS %i)',
    async (qos) => {
      await using broker = await open();
      await using core = await TestClient.connect(broker.url);
      await using edge = await TestClient.connect(broker.url);
      for (let batch = 0; batch < 8; batch += 1) {
        const keys = Array.from({ length: 100 }, (_, index) => `p/state/${batch}/${index}`);
        await Promise.all(keys.map((key) => core.client.publishAsync(key, key, { qos: 1, retain: true })));
      }
      await core.client.publishAsync('p/node/core/status', 'online', { qos: 1, retain: true });

      await edge.client.subscribeAsync('p/state/#', { qos });
      await edge.client.subscribeAsync('p/node/+/status', { qos });
      const texts = await edge.received(801);

      expect(texts.indexOf('online')).toBe(800);
    },
  );

  it('puts what is published meanwhile after the copy that it replaces', async () => {
    await using broker = await open();
    await using core = await TestClient.connect(broker.url);
    await using edge = await TestClient.connect(broker.url);
    const keys = Array.from({ length: 300 }, (_, index) => `p/state/${index}`);
    await Promise.all(keys.map((key) => core.client.publishAsync(key, '1', { qos: 1, retain: true })));

    const subscribed = edge.client.subscribeAsync('p/state/#', { qos: 0 });
    const renewed = keys.map((key) => core.client.publishAsync(key, '2', { qos: 1, retain: true }));
    await Promise.all([subscribed, ...renewed]);
    await core.client.publishAsync('p/state/end', 'end', { qos: 1 });
    await edge.whenTold(() => edge.texts.includes('end'));

    const last = new Map(edge.messages.map(({ topic, text }) => [topic, text]));
    expect(keys.filter((key) => last.get(key) !== '2')).toEqual([]);
  });

  it('loses nothing where retained messages and others are mixed, and keeps their order', async () => {
    await using broker = await open();
    await using core = await TestClient.connect(broker.url);
    await using edge = await TestClient.connect(broker.url);
    await edge.client.subscribeAsync('#', { qos: 1 });
    const numbers = Array.from({ length: 60 }, (_, index) => index);

    // In one piece, as a busy sender's packets arrive.
    core.client.stream.cork();
    for (const number of numbers) {
      core.client.publish(`p/${number}`, String(number), { qos: 0, retain: number % 3 === 0 });
    }
    core.client.stream.uncork();

    expect(await edge.received(60)).toEqual(numbers.map(String));
  });
}

describe('the order of messages of broker-embedded', () => {
  describeOrder(() => serveBroker());
});

describeWithMosquitto('the order of messages of Mosquitto', () => {
  describeOrder(async () => {
    const mosquitto = await Mosquitto.start();
    return { url: mosquitto.brokerUrl, [Symbol.asyncDispose]: () => mosquitto[Symbol.asyncDispose]() };
  });
});
