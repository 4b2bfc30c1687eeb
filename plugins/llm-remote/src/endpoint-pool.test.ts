import { describe, expect, it } from '@jest/globals';
import { EndpointPool } from './endpoint-pool.js';
import { HttpClient } from './http-client.js';
import { TestClock } from './test/test-clock.js';

async function openPool(settings: { readonly concurrency?: number } = {}) {
  const { got } = await import('got');
  const clock = new TestClock();
  const client = new HttpClient(got, { connections: 1 });
  const limits = { connectMs: 1, headersMs: 1, firstContentMs: 1, idleMs: 1 };
  const pool = new EndpointPool(
    { concurrency: 1, queue: 8, queueTimeoutMs: 30_000, clock, random: () => 0.5, ...settings },
    { line: { client, clock, limits, apiKey: '' }, model: 'lighthouse' },
  );
  pool.replace(0, [{ base: 'http://10.0.0.5:8080/v1' }]);
  return { pool, clock };
}

const request = (signal = new AbortController().signal) => ({ except: new Set<never>(), signal });

describe('EndpointPool', () => {
  it('gives a place that was granted in the moment of an abort to the next', async () => {
    const { pool } = await openPool();
    const first = await pool.acquire(request());
    const controller = new AbortController();
    const given = pool.acquire(request(controller.signal));
    const next = pool.acquire(request());

    first?.[Symbol.dispose]();
    controller.abort(new Error('interrupted'));

    await expect(given).rejects.toThrow('interrupted');
    expect((await next)?.endpoint.running).toBe(1);
  });

  it('takes a place back once, however often it is given back', async () => {
    const { pool } = await openPool();
    const lease = await pool.acquire(request());

    lease?.[Symbol.dispose]();
    lease?.[Symbol.dispose]();

    expect(pool.running).toBe(0);
  });

  it('tells who waits that there is nobody left, when the last server goes', async () => {
    const { pool } = await openPool();
    await pool.acquire(request());
    const waiting = pool.acquire(request());

    pool.replace(0, []);

    expect(await waiting).toBeUndefined();
  });

  it('tells who waits that there is nobody left, when the circuit opens meanwhile', async () => {
    const { pool } = await openPool();
    const lease = await pool.acquire(request());
    const waiting = pool.acquire(request());

    lease?.circuitCall.fail('it asks to be left alone', 10_000);
    lease?.[Symbol.dispose]();

    expect(await waiting).toBeUndefined();
  });

  it('prefers a server of weight 0 to none at all', async () => {
    const { pool } = await openPool();
    pool.replace(0, [{ base: 'http://10.0.0.6:8080/v1', weight: 0 }]);

    expect((await pool.acquire(request()))?.endpoint.origin).toBe('http://10.0.0.6:8080');
  });

  it('keeps what is known of a server that stays', async () => {
    const { pool } = await openPool();
    const [before] = pool.all;

    pool.replace(0, [{ base: 'http://10.0.0.6:8080/v1' }, { base: 'http://10.0.0.5:8080/v1', weight: 2 }]);

    expect(pool.all[1]).toBe(before);
    expect(pool.all).toHaveLength(2);
  });
});
