import { describe, expect, it } from '@jest/globals';
import type { StatusEnvelope } from '../wire/envelope.js';
import { BackOff } from './back-off.js';
import { toConnectFailure } from './connect-failure.js';
import { Inbox } from './inbox.js';
import type { Incoming } from './mqtt-session.js';
import { MqttStates } from './mqtt-state.js';
import { NameGuard } from './name-guard.js';
import { Slots } from './slots.js';

describe('BackOff', () => {
  it('doubles from 1 s to 30 s, and waits at least half of that', () => {
    const longest = new BackOff(() => 1);
    const shortest = new BackOff(() => 0);

    expect(Array.from({ length: 7 }, () => longest.nextMs())).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
    expect(Array.from({ length: 7 }, () => shortest.nextMs())).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
  });

  it('starts again after a reset, and goes to the longest wait when asked', () => {
    const backOff = new BackOff(() => 1);

    backOff.skipToLongest();
    const skipped = backOff.nextMs();
    backOff.reset();

    expect([skipped, backOff.nextMs()]).toEqual([30_000, 1_000]);
  });
});

describe('Slots', () => {
  const open = () => new Slots({ slots: 1, waiting: 2, full: () => new Error('full') });

  it('lets in by the order of asking, and refuses who is one too many', async () => {
    const slots = open();
    const order: string[] = [];
    await slots.enter();

    const first = slots.enter().then(() => order.push('first'));
    const second = slots.enter().then(() => order.push('second'));
    await expect(slots.enter()).rejects.toThrow('full');
    slots.leave();
    await first;
    slots.leave();
    await second;

    expect(order).toEqual(['first', 'second']);
  });

  it('frees the place in the queue of who does not want to wait any more', async () => {
    const slots = open();
    await slots.enter();
    const controller = new AbortController();

    const given = slots.enter(controller.signal);
    controller.abort(new Error('enough'));

    await expect(given).rejects.toThrow('enough');
    await expect(slots.enter(controller.signal)).rejects.toThrow('enough');
    expect(slots.waiting).toBe(0);
  });

  it('turns everybody away when it is closed', async () => {
    const slots = open();
    await slots.enter();

    const waiting = slots.enter();
    slots.close(new Error('closed'));

    await expect(waiting).rejects.toThrow('closed');
    await expect(slots.enter()).rejects.toThrow('closed');
  });
});

describe('Inbox', () => {
  const incoming = (topic: string, acknowledged: string[]): Incoming => ({
    message: { topic, payload: Buffer.alloc(0), qos: 1, isRetained: false, isRepeat: false },
    acknowledge: () => acknowledged.push(topic),
  });

  it('handles one message after the other, and acknowledges each when that is done', async () => {
    const acknowledged: string[] = [];
    const steps: string[] = [];
    const inbox = new Inbox({
      capacity: 2,
      handle: async ({ topic }) => {
        steps.push(`${topic} starts, ${acknowledged.length} acknowledged`);
        await Promise.resolve();
      },
      failed: () => {},
      signal: new AbortController().signal,
    });

    const room = inbox.put(incoming('a', acknowledged));
    const noRoom = inbox.put(incoming('b', acknowledged));
    await noRoom;
    await inbox.put(incoming('c', acknowledged));
    while (acknowledged.length < 3) await Promise.resolve();

    expect(room).toBeUndefined();
    expect(noRoom).toBeInstanceOf(Promise);
    expect(steps).toEqual([
      'a starts, 0 acknowledged',
      'b starts, 1 acknowledged',
      'c starts, 2 acknowledged',
    ]);
  });

  it('does not acknowledge what could not be handled, and goes on', async () => {
    const acknowledged: string[] = [];
    const failures: unknown[] = [];
    const inbox = new Inbox({
      capacity: 10,
      handle: ({ topic }) => {
        if (topic === 'a') throw new Error('no');
      },
      failed: (error, { topic }) => failures.push([topic, error]),
      signal: new AbortController().signal,
    });

    inbox.put(incoming('a', acknowledged));
    inbox.put(incoming('b', acknowledged));
    while (acknowledged.length < 1) await Promise.resolve();

    expect(acknowledged).toEqual(['b']);
    expect(failures).toEqual([['a', new Error('no')]]);
  });

  it('leaves to the broker what is not handled when it closes', async () => {
    const acknowledged: string[] = [];
    const controller = new AbortController();
    const inbox = new Inbox({
      capacity: 10,
      handle: () => {},
      failed: () => {},
      signal: controller.signal,
    });

    inbox.put(incoming('a', acknowledged));
    controller.abort();
    inbox.put(incoming('b', acknowledged));
    await inbox.close();

    expect(acknowledged).toEqual([]);
    expect(inbox.waiting).toBe(0);
  });
});

describe('MqttStates', () => {
  it('tells each reader the latest one, and ends with stopped', async () => {
    const states = new MqttStates();
    const read = async () => {
      const types = [];
      for await (const { type } of states.follow()) types.push(type);
      return types;
    };

    const reading = read();
    await Promise.resolve();
    states.set({ type: 'connected', protocolVersion: 5 });
    states.set({ type: 'stopped' });
    states.set({ type: 'connecting' });

    expect(await reading).toEqual(['connecting', 'stopped']);
    expect(await read()).toEqual(['stopped']);
  });

  it('ends with the reason of an aborted signal, also while it waits', async () => {
    const controller = new AbortController();
    const iterator = new MqttStates().follow(controller.signal);
    await iterator.next();

    const waiting = iterator.next();
    controller.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('NameGuard', () => {
  const online = (boot: string): StatusEnvelope => ({ node: 'a', role: 'core', boot, status: 'online' });

  it('finds somebody else who announces itself again and again', () => {
    const guard = new NameGuard('mine');

    const before = guard.isTaken(online('earlier life'));
    guard.announced();
    const once = guard.isTaken(online('other'));
    const again = guard.isTaken(online('other'));
    guard.announced();
    const twice = guard.isTaken(online('other'));

    expect([before, once, again, twice]).toEqual([false, false, false, true]);
  });

  it('does not mind itself, nor the will of an earlier life', () => {
    const guard = new NameGuard('mine');
    guard.announced();

    const results = [online('mine'), { ...online('other'), status: 'offline' as const }].flatMap((status) => [
      guard.isTaken(status),
      guard.isTaken(status),
    ]);

    expect(results).toEqual([false, false, false, false]);
  });
});

describe('toConnectFailure', () => {
  it.each([
    [{ code: 1 }, 'version', undefined],
    [{ code: 132 }, 'version', undefined],
    [{ code: 4 }, 'refused', 'login'],
    [{ code: 135 }, 'refused', 'login'],
    [{ code: 133 }, 'refused', 'client-id'],
    [{ code: 136, message: 'Server unavailable' }, 'away', undefined],
    [{ code: 'CERT_HAS_EXPIRED' }, 'refused', 'certificate'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'refused', 'certificate'],
    [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'refused', 'certificate'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'refused', 'certificate'],
    [{ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }, 'refused', 'certificate'],
    [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'refused', 'certificate'],
    [{ code: 'ECONNREFUSED' }, 'away', undefined],
    [{ message: 'connack timeout' }, 'away', undefined],
    [{}, 'away', undefined],
  ])('reads %j as %s', (error, type, reason) => {
    expect(toConnectFailure(error)).toMatchObject({ type, ...(reason && { reason }) });
  });
});
