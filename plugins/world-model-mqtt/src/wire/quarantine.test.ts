import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { Quarantine } from './quarantine.js';

const message = (topic: string) => ({ topic, payload: Buffer.from('secret') });
const misread = { cause: 'not-json', finding: 'it is not JSON' } as const;

describe('Quarantine', () => {
  it('counts every message by its cause, and keeps the latest 32 without what they said', async () => {
    const metrics = new FakeMetrics();
    const quarantine = new Quarantine(new FakeClock(), new FakeLog(), metrics);

    for (let index = 0; index < 1_000; index++) quarantine.add(message(`t/${index}`), misread);

    expect(quarantine.count).toBe(1_000);
    expect(quarantine.latest).toHaveLength(32);
    expect(quarantine.latest.at(-1)).toMatchObject({ topic: 't/999', ...misread, bytes: 6 });
    expect(JSON.stringify(quarantine.latest)).not.toContain('secret');
    expect((await metrics.expose()).text).toContain('mqtt_quarantined_total{cause="not-json"} 1000');
  });

  it('writes one line a minute, which counts those in between', async () => {
    const clock = new FakeClock();
    const log = new FakeLog();
    const quarantine = new Quarantine(clock, log, undefined);

    for (let index = 0; index < 10; index++) quarantine.add(message('a'), misread);
    await clock.advance(60_000);
    for (let index = 0; index < 10; index++) quarantine.add(message('b'), misread);

    expect(log.lines.map(({ fields }) => fields['messages'])).toEqual([1, 10]);
  });

  it('cuts off topics without end', () => {
    const quarantine = new Quarantine(new FakeClock(), new FakeLog(), undefined);

    quarantine.add(message('x'.repeat(60_000)), misread);

    expect(quarantine.latest[0]?.topic).toHaveLength(200);
  });
});
