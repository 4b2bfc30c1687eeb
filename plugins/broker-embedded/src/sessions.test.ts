import { describe, expect, it } from '@jest/globals';
import { serveBroker, TestClient } from './broker.test.support.js';

const stays = (clientId: string) => ({ clientId, clean: false });

describe('sessions of broker-embedded', () => {
  it('keep what is sent to a client that is away, in order, until it acknowledges', async () => {
    await using broker = await serveBroker();
    await using core = await TestClient.connect(broker.url);
    {
      await using edge = await TestClient.connect(broker.url, stays('edge'));
      await edge.client.subscribeAsync('to/edge', { qos: 1 });
    }
    for (const text of ['1', '2', '3']) await core.client.publishAsync('to/edge', text, { qos: 1 });

    await using edge = await TestClient.connect(broker.url, stays('edge'));
    const texts = await edge.received(3);
    await core.client.publishAsync('to/edge', '4', { qos: 1 });

    expect(texts).toEqual(['1', '2', '3']);
    expect(await edge.received(4)).toEqual(['1', '2', '3', '4']);
    expect(broker.facts().sessions).toBe(1);
  });

  it('repeat what was not acknowledged, and say so', async () => {
    await using broker = await serveBroker();
    await using core = await TestClient.connect(broker.url);
    {
      await using edge = await TestClient.connect(broker.url, stays('edge'));
      // The acknowledgement is held back for good.
      edge.client.handleMessage = () => {};
      await edge.client.subscribeAsync('to/edge', { qos: 1 });
      await core.client.publishAsync('to/edge', '1', { qos: 1 });
      await edge.received(1);
    }

    await using edge = await TestClient.connect(broker.url, stays('edge'));
    await edge.received(1);

    expect(edge.messages[0]).toMatchObject({ text: '1', packet: { dup: true } });
  });

  it('are given up when too much waits, so that the client subscribes anew', async () => {
    await using broker = await serveBroker({ queueMessages: 2 });
    await using core = await TestClient.connect(broker.url);
    {
      await using edge = await TestClient.connect(broker.url, stays('edge'));
      await edge.client.subscribeAsync('to/edge', { qos: 1 });
    }

    for (const text of ['1', '2', '3']) await core.client.publishAsync('to/edge', text, { qos: 1 });
    // One that has passed the broker after the third is the proof that it has dealt with it.
    await using edge = await TestClient.connect(broker.url, stays('edge'));
    await edge.client.subscribeAsync('to/edge', { qos: 1 });
    await core.client.publishAsync('to/edge', '4', { qos: 1 });

    expect(await edge.received(1)).toEqual(['4']);
    expect(broker.facts()).toMatchObject({ sessions: 1, incidents: { 'session-lost': 1 } });
    expect(broker.log.messages('warn')).toEqual(['a session was given up before its client came back']);
  });

  it('are forgotten when their client has been away for too long', async () => {
    await using broker = await serveBroker({ sessionExpireMs: 1_000 });
    await using core = await TestClient.connect(broker.url);
    {
      await using edge = await TestClient.connect(broker.url, stays('edge'));
      await edge.client.subscribeAsync('to/edge', { qos: 1 });
    }
    await core.whenClients(broker, 1);

    await broker.clock.advance(1_001);
    await core.client.publishAsync('to/edge', '1', { qos: 1 });
    await using edge = await TestClient.connect(broker.url, stays('edge'));
    await edge.client.subscribeAsync('to/edge', { qos: 1 });
    await core.client.publishAsync('to/edge', '2', { qos: 1 });

    expect(await edge.received(1)).toEqual(['2']);
  });

  it('make room for others in the order in which their clients left', async () => {
    await using broker = await serveBroker({ maxSessions: 2 });
    await using core = await TestClient.connect(broker.url);
    for (const [index, id] of ['a', 'b', 'c'].entries()) {
      {
        await using client = await TestClient.connect(broker.url, stays(id));
        await client.client.subscribeAsync(`to/${id}`, { qos: 1 });
      }
      await core.whenClients(broker, 1);
      await broker.clock.advance(index + 1);
    }

    for (const id of ['a', 'b', 'c']) await core.client.publishAsync(`to/${id}`, id, { qos: 1 });
    await using b = await TestClient.connect(broker.url, stays('b'));

    expect(await b.received(1)).toEqual(['b']);
    expect(broker.facts()).toMatchObject({ sessions: 2, incidents: { 'session-lost': 1 } });
  });

  it('end when the client starts anew', async () => {
    await using broker = await serveBroker();
    await using core = await TestClient.connect(broker.url);
    {
      await using edge = await TestClient.connect(broker.url, stays('edge'));
      await edge.client.subscribeAsync('to/edge', { qos: 1 });
    }

    await core.client.publishAsync('to/edge', '1', { qos: 1 });
    await using edge = await TestClient.connect(broker.url, { clientId: 'edge', clean: true });
    await edge.client.subscribeAsync('to/edge', { qos: 1 });
    await core.client.publishAsync('to/edge', '2', { qos: 1 });

    expect(await edge.received(1)).toEqual(['2']);
    expect(broker.facts().sessions).toBe(0);
  });

  it('carry QoS 2 exactly once', async () => {
    await using broker = await serveBroker();
    await using core = await TestClient.connect(broker.url);
    await using edge = await TestClient.connect(broker.url, stays('edge'));
    await edge.client.subscribeAsync('to/edge', { qos: 2 });

    for (const text of ['1', '2']) await core.client.publishAsync('to/edge', text, { qos: 2 });
    await core.client.publishAsync('to/edge', 'end', { qos: 1 });

    await edge.whenTold(() => edge.texts.length >= 3);
    expect([...edge.texts].sort()).toEqual(['1', '2', 'end']);
  });
});
