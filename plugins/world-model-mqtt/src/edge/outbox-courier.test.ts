import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import type { MqttSession } from '../connection/mqtt-session.js';
import type { ObserveEnvelope } from '../wire/envelope.js';
import { Mirror } from './mirror.js';
import { Outbox } from './outbox.js';
import { OutboxCourier } from './outbox-courier.js';

const change: ObserveEnvelope = {
  id: 'a-1',
  op: 'put',
  key: 'a',
  value: 1,
  hlc: '1763800000000-0001-edge',
  origin: 'test',
  boot: 'boot',
  timeMs: 0,
};

describe('OutboxCourier', () => {
  it('waits after a question that failed at once, as while a connection is being closed, and asks again', async () => {
    const clock = new FakeClock();
    const session = new AbortController();
    const asked: number[] = [];
    const courier = new OutboxCourier({
      mirror: new Mirror('epoch', { entries: 10, bytes: 10_000 }, () => undefined),
      outbox: new Outbox({
        changes: [change],
        capacity: 10,
        file: { writeOutbox: () => undefined },
        refused: () => undefined,
        depthChanged: () => undefined,
      }),
      clock,
      log: new FakeLog(),
      metrics: undefined,
      readiness: () => 'ready',
      ask: async () => {
        asked.push(clock.nowMs());
        // So that a courier that does not wait ends this test, and not the time of all tests.
        if (asked.length > 10) session.abort();
        return undefined;
      },
    });

    // Only the signal of a session counts here.
    const running = courier.run({ signal: session.signal } as MqttSession);
    await new Promise(setImmediate);
    const askedAtOnce = asked.length;
    await clock.advance(1_000);
    session.abort();
    await running;

    expect(askedAtOnce).toBe(1);
    expect(asked).toHaveLength(2);
  });
});
