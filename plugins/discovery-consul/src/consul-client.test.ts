import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { got } from 'got';
import { ConsulClient } from './consul-client.js';
import { ConsulDouble } from './test/consul-double.js';

const PATH = '/v1/health/service/llm';

let consul: ConsulDouble;
let clock: FakeClock;

beforeEach(async () => {
  consul = await ConsulDouble.open({ token: 'a-consul-token' });
  clock = new FakeClock();
});
afterEach(() => consul[Symbol.asyncDispose]());

function ask(options: { readonly token?: string; readonly origin?: string } = {}) {
  const { token = 'a-consul-token', origin = `http://${consul.address}` } = options;
  const client = new ConsulClient(got, { origin, token, authority: undefined, clock });
  return client.ask('GET', PATH, { timeoutMs: 1_000, signal: new AbortController().signal });
}

describe('ConsulClient', () => {
  it('gives back what Consul says, and its index', async () => {
    const { text, index } = await ask();

    expect([JSON.parse(text), Number(index)]).toEqual([[], expect.any(Number)]);
  });

  it.each([
    ['a wrong token', undefined, { token: 'hunter2' }, 'CONSUL_REFUSED', false],
    ['a failure', { does: 'answer', status: 500 }, {}, 'CONSUL_FAILED', true],
    [
      'an answer without end',
      { does: 'answer', status: 200, text: ' '.repeat(5 * 1024 * 1024) },
      {},
      'CONSUL_ANSWER_INVALID',
      true,
    ],
    ['a broken connection', { does: 'drop' }, {}, 'CONSUL_UNREACHABLE', true],
  ] as const)('tells %s by its code', async (_title, fault, options, code, retryable) => {
    if (fault) consul.fail(fault);

    await expect(ask(options)).rejects.toMatchObject({ code, retryable });
  });

  it('tells silence by its code when the time is over', async () => {
    consul.fail({ does: 'hang' });

    const refused = expect(ask()).rejects.toMatchObject({
      code: 'CONSUL_SILENT',
      details: { waitedMs: 1_000 },
    });
    await clock.advance(1_000);

    await refused;
  });
});
