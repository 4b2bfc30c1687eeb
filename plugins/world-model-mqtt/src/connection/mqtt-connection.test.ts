import { afterEach, expect, it } from '@jest/globals';
import { describeWithMosquitto } from '@tiercel/testkit';
import { Mosquitto, type MosquittoOptions } from '@tiercel/testkit/mosquitto';
import { Listener, ShiftedClock } from '../core/core-link.test.support.js';
import { MqttConnection, type MqttConnectionOptions } from './mqtt-connection.js';
import { type MqttMessage, MqttSession } from './mqtt-session.js';
import type { MqttSettings } from './mqtt-settings.js';
import type { MqttState } from './mqtt-state.js';
import { OldBroker } from './old-broker.test.support.js';
import { ScriptedBroker } from './scripted-broker.test.support.js';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(resource: T): T {
  opened.push(resource);
  return resource;
}

const startBroker = async (options?: MosquittoOptions) => own(await Mosquitto.start(options));

const settingsFor = (port: number): MqttSettings => ({
  host: '127.0.0.1',
  port,
  clientId: 'node-1',
  username: '',
  password: '',
  isTls: false,
  caFile: '',
  certFile: '',
  keyFile: '',
});

function open(
  settings: Partial<MqttSettings> & { readonly port: number },
  options: Partial<MqttConnectionOptions> = {},
): MqttConnection {
  const connection = new MqttConnection({
    settings: { ...settingsFor(settings.port), ...settings },
    will: { topic: 'status/node-1', payload: 'offline' },
    routes: [],
    clock: new ShiftedClock(),
    random: () => 0,
    ...options,
  });
  connection.start();
  return own(connection);
}

/** Settles with the first state of a type. */
async function until<T extends MqttState['type']>(
  connection: MqttConnection,
  type: T,
): Promise<Extract<MqttState, { type: T }>> {
  for await (const state of connection.states()) {
    if (state.type === type) return state as Extract<MqttState, { type: T }>;
  }
  throw new Error(`it never became ${type}`);
}

describeWithMosquitto('MqttConnection', () => {
  it('speaks MQTT 5, and hears what it has subscribed', async () => {
    const { port } = await startBroker();
    const heard: MqttMessage[] = [];
    let arrived = () => {};
    const three = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const connection = open(
      { port },
      {
        routes: [
          {
            subscriptions: [{ filter: 'a/#' }],
            handle: (message) => {
              if (heard.push(message) === 3) arrived();
            },
          },
        ],
      },
    );

    const { protocolVersion } = await until(connection, 'connected');
    for (const payload of ['1', '2', '3']) await connection.publish({ topic: 'a/b', payload });
    await three;

    expect(protocolVersion).toBe(5);
    expect(
      heard.map(({ payload, qos, isRetained }) => [Buffer.from(payload).toString(), qos, isRetained]),
    ).toEqual([
      ['1', 1, false],
      ['2', 1, false],
      ['3', 1, false],
    ]);
  });

  it('speaks MQTT 3.1.1 where the broker knows nothing newer, also when it comes back', async () => {
    const { port } = await startBroker();
    const old = own(await OldBroker.open(port));
    const connection = open({ port: old.port });

    const first = await until(connection, 'connected');
    await connection.publish({ topic: 'a', payload: '1', expiryMs: 1_000 });
    connection.reconnect('test');
    await until(connection, 'away');
    await until(connection, 'connected');

    expect(first.protocolVersion).toBe(4);
    expect(old.versions).toEqual([5, 4, 5, 4]);
  });

  it('publishes nothing while it is away, and says so at once', async () => {
    const broker = await startBroker();
    const connection = open({ port: broker.port });
    await until(connection, 'connected');

    await broker.kill();
    const away = await until(connection, 'away');

    await expect(connection.publish({ topic: 'a', payload: '1' })).rejects.toMatchObject({
      code: 'MQTT_AWAY',
    });
    expect(away.retryMs).toBe(500);
  });

  it('comes back after the broker was killed', async () => {
    const broker = await startBroker();
    const connection = open({ port: broker.port });
    await until(connection, 'connected');

    await broker.kill();
    await until(connection, 'away');
    await broker.restart();
    await until(connection, 'connected');
    await connection.publish({ topic: 'a', payload: '1' });

    expect(connection.state.type).toBe('connected');
  });

  it('gives up on a broker that confirms nothing any more, and refuses what is too much for the queue', async () => {
    const broker = await startBroker();
    const connection = open({ port: broker.port });
    await until(connection, 'connected');

    broker.freeze();
    const publishing = Array.from({ length: 32 + 1_024 + 1 }, () =>
      connection.publish({ topic: 'a', payload: '1' }),
    );
    const outcomes = await Promise.allSettled(publishing);
    const away = await until(connection, 'away');
    broker.thaw();

    const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code);
    // How many are on their way is for the broker to say; this one lets 20.
    const inFlight = codes.indexOf('MQTT_BUSY') - 1_024;
    expect([codes[0], codes.at(inFlight), codes.at(-1)]).toEqual([
      'MQTT_UNANSWERED',
      'MQTT_AWAY',
      'MQTT_BUSY',
    ]);
    expect(inFlight).toBeGreaterThan(0);
    expect(away.finding).toMatch(/did not confirm/);
  });

  it('acknowledges a message when it is handled: one that was not comes again', async () => {
    const { port } = await startBroker();
    const heard: boolean[] = [];
    let arrived = () => {};
    const again = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const lost: unknown[] = [];
    const connection = open(
      { port },
      {
        routes: [
          {
            subscriptions: [{ filter: 'a' }],
            handle: async ({ isRepeat }) => {
              heard.push(isRepeat);
              if (heard.length === 1) throw new Error('the store is away');
              arrived();
            },
          },
        ],
        lost: (_, error) => lost.push(error),
      },
    );
    await until(connection, 'connected');
    const sender = own(await Listener.open(port));

    await sender.client.publishAsync('a', '1', { qos: 1 });
    await again;

    expect(heard).toEqual([false, true]);
    expect(lost).toEqual([new Error('the store is away')]);
  });

  it('holds back the broker instead of its own memory while messages are handled slowly', async () => {
    const { port } = await startBroker({ config: ['max_queued_messages 100000'] });
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const heard: string[] = [];
    let arrived = () => {};
    const all = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const connection = open(
      { port },
      {
        routes: [
          {
            subscriptions: [{ filter: 'a' }],
            handle: async ({ payload }) => {
              await gate;
              if (heard.push(Buffer.from(payload).toString()) === 5_000) arrived();
            },
          },
        ],
      },
    );
    await until(connection, 'connected');
    const sender = own(await Listener.open(port));
    for (let index = 0; index < 5_000; index++) sender.client.publish('a', `${index}`, { qos: 0 });
    await sender.client.publishAsync('end', '', { qos: 1 });

    goOn();
    await all;

    expect(heard).toEqual(Array.from({ length: 5_000 }, (_, index) => `${index}`));
  });

  it('is away with a reason while nobody listens there', async () => {
    const broker = await startBroker();
    await broker.kill();

    const away = await until(open({ port: broker.port }), 'away');

    expect(away.finding).toBe('ECONNREFUSED');
  });

  it('is stopped within its deadline, connected, away or before a frozen broker', async () => {
    const broker = await startBroker();
    const connected = open({ port: broker.port, clientId: 'a' });
    const frozen = open({ port: broker.port, clientId: 'b' });
    await Promise.all([until(connected, 'connected'), until(frozen, 'connected')]);
    const farewell = { topic: 'status/node-1', payload: 'offline', isRetained: true };

    await connected.stop(farewell);
    broker.freeze();
    await frozen.stop(farewell);
    await broker.kill();
    const away = open({ port: broker.port });
    await until(away, 'away');
    await away.stop(farewell);

    expect([connected, frozen, away].map(({ state }) => state.type)).toEqual([
      'stopped',
      'stopped',
      'stopped',
    ]);
  });
});

describeWithMosquitto('the last will of an MqttConnection', () => {
  it('is sent when the node has crashed', async () => {
    const { port } = await startBroker();
    const listener = own(await Listener.open(port));
    const connection = open({ port });
    await until(connection, 'connected');

    // Without goodbye, and not for good: the next attempt meets a closed port.
    await connection.session?.destroy();
    await connection.stop();
    const will = await listener.until(({ retained }) => retained.get('status/node-1'));

    expect(will).toBe('offline');
  });

  it('is not sent when it has come back before its delay, nor after a goodbye', async () => {
    const { port } = await startBroker();
    const listener = own(await Listener.open(port));
    const connection = open({ port });
    await until(connection, 'connected');

    connection.reconnect('a short loss');
    await until(connection, 'away');
    await until(connection, 'connected');
    await connection.stop();
    // Somebody else's will with the same delay, which begins later: ours would be here before it.
    const other = open({ port, clientId: 'other' }, { will: { topic: 'status/other', payload: 'offline' } });
    await until(other, 'connected');
    await other.session?.destroy();
    await other.stop();
    await listener.until(({ retained }) => retained.get('status/other'));

    expect(listener.retained.has('status/node-1')).toBe(false);
  });
});

describeWithMosquitto('MqttConnection is refused', () => {
  it('for good by whoever comes with the same client id, where the broker says so', async () => {
    // DISCONNECT: session taken over.
    const broker = own(await ScriptedBroker.open({ greeting: [0xe0, 2, 142, 0] }));
    const connection = open({ port: broker.port });

    await until(connection, 'connected');
    broker.hangUp();
    const refused = await until(connection, 'refused');

    expect(refused).toMatchObject({ reason: 'taken-over', isFinal: true });
    expect(refused.finding).toMatch(/MQTT_CLIENT_ID/);
    expect(broker.connections).toBe(1);
  });

  it('where the password is wrong', async () => {
    const { port } = await startBroker({ users: { core: 'right' } });

    const wrong = await until(open({ port, username: 'core', password: 'wrong' }), 'refused');
    const right = await until(open({ port, username: 'core', password: 'right' }), 'connected');

    expect(wrong).toMatchObject({ reason: 'login', isFinal: false });
    expect(wrong.finding).not.toContain('wrong"');
    expect(right.type).toBe('connected');
  });

  it('where the authority is another one, or ours is not known there', async () => {
    const broker = await startBroker({ tls: { requiresClientCertificate: true } });
    const { caFile, clientCertFile: certFile, clientKeyFile: keyFile } = broker.certificates;
    const tls = { port: broker.tlsPort ?? 0, host: 'localhost', isTls: true };

    const untrusted = await until(open({ ...tls, clientId: 'a' }), 'refused');
    const anonymous = await until(open({ ...tls, clientId: 'b', caFile }), 'refused');
    const missing = await until(open({ ...tls, clientId: 'c', caFile: broker.file('none.crt') }), 'refused');
    const otherHost = await until(open({ ...tls, host: '127.0.0.2', clientId: 'd', caFile }), 'away').catch(
      () => undefined,
    );
    const right = await until(open({ ...tls, clientId: 'e', caFile, certFile, keyFile }), 'connected');

    expect(untrusted).toMatchObject({
      reason: 'certificate',
      finding: expect.stringMatching(/MQTT_CA_FILE/),
    });
    expect(anonymous).toMatchObject({
      reason: 'certificate',
      finding: expect.stringMatching(/MQTT_CERT_FILE/),
    });
    expect(missing).toMatchObject({
      reason: 'files',
      finding: expect.stringMatching(/MQTT_CA_FILE .*ENOENT/),
    });
    expect(otherHost?.finding).toBe('ECONNREFUSED');
    expect(right.protocolVersion).toBe(5);
  });

  it('one message that the access rules forbid, and stays connected', async () => {
    const { port } = await startBroker({ acl: ['topic readwrite allowed/#'] });
    const connection = open({ port });
    await until(connection, 'connected');

    await expect(connection.publish({ topic: 'forbidden', payload: '1' })).rejects.toMatchObject({
      code: 'MQTT_PUBLISH_REFUSED',
      details: { topic: 'forbidden' },
    });
    await connection.publish({ topic: 'allowed/a', payload: '1' });

    expect(connection.state.type).toBe('connected');
  });

  it('where the broker does not grant its subscriptions', async () => {
    const broker = own(await ScriptedBroker.open({ subscription: 135 }));
    const routes = [{ subscriptions: [{ filter: 'a/#' }], handle: () => {} }];
    const connection = open({ port: broker.port }, { routes });

    const refused = await until(connection, 'refused');
    const session = await MqttSession.open({
      broker: 'test',
      settings: settingsFor(broker.port),
      files: {},
      protocolVersion: 5,
      will: { topic: 'will', payload: '' },
      clock: new ShiftedClock(),
      signal: new AbortController().signal,
      receive: () => undefined,
    });
    if (!(session instanceof MqttSession)) throw new Error('it was not let in');
    const subscribing = session.subscribe([{ filter: 'a/#' }]);

    await expect(subscribing).rejects.toMatchObject({
      code: 'MQTT_SUBSCRIBE_REFUSED',
      details: { filters: ['a/#'] },
    });
    await session.destroy();
    expect(refused).toMatchObject({ reason: 'access', isFinal: false });
    expect(refused.finding).toMatch(/Not authorized/);
  });
});
