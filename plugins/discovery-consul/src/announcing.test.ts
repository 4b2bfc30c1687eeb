import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Announcement } from '@tiercel/capabilities/discovery';
import { ConsulDouble } from './test/consul-double.js';
import { openTestConsul, type TestConsul } from './test/open-test-consul.js';

const LLM: Announcement = { service: 'llm', port: 8_000, host: '10.0.0.5', healthPath: '/readyz' };

let consul: ConsulDouble;
beforeEach(async () => {
  consul = await ConsulDouble.open();
});
afterEach(async () => await consul[Symbol.asyncDispose]());

const announce = ({ announcer }: TestConsul, announcement: Partial<Announcement> = {}) =>
  announcer.announce({ ...LLM, ...announcement })[Symbol.asyncIterator]();

async function registrationOf(
  announcement: Partial<Announcement>,
  settings: Parameters<typeof openTestConsul>[1] = {},
): Promise<unknown> {
  await using test = await openTestConsul(consul.address, settings);
  const states = announce(test, announcement);
  await states.next();
  await states.return?.();
  return consul.queries.find(({ path }) => path === '/v1/agent/service/register')?.body;
}

describe('a service of this node in Consul', () => {
  it('has an address, a check over HTTP, and leaves by itself when that fails for ten minutes', async () => {
    const body = await registrationOf({ tags: ['gpu'], version: '1.2.3', tier: 'core' });

    expect(body).toEqual({
      ID: 'core:llm:8000',
      Name: 'llm',
      Address: '10.0.0.5',
      Port: 8_000,
      Tags: ['gpu'],
      Meta: { version: '1.2.3', tier: 'core' },
      Check: {
        HTTP: 'http://10.0.0.5:8000/readyz',
        Interval: '10s',
        Timeout: '3s',
        DeregisterCriticalServiceAfter: '10m',
      },
    });
  });

  it('may speak https, live below a path and have an IPv6 address', async () => {
    const body = await registrationOf({ protocol: 'https', path: '/v1', host: 'fd00::5' });

    expect(body).toMatchObject({
      Address: 'fd00::5',
      Meta: { protocol: 'https', path: '/v1' },
      Check: { HTTP: 'https://[fd00::5]:8000/readyz' },
    });
  });

  it('without a path to look at is checked by its port', async () => {
    const { healthPath: _none, ...plain } = LLM;
    await using test = await openTestConsul(consul.address);
    const states = test.announcer.announce(plain);
    await states.next();
    await states.return?.();

    expect(consul.queries[0]?.body).toMatchObject({ Check: { TCP: '10.0.0.5:8000' } });
  });

  it('has the address that the operator gives before all others', async () => {
    expect(await registrationOf({}, { advertise: 'core.house' })).toMatchObject({ Address: 'core.house' });
  });

  it('has that of its agent where both are on this machine', async () => {
    const { host: _none, ...anywhere } = LLM;
    await using test = await openTestConsul(consul.address);
    const states = test.announcer.announce(anywhere);
    await states.next();
    await states.return?.();

    const { body } = consul.queries[0] ?? {};
    expect(body).toMatchObject({ Check: { HTTP: 'http://127.0.0.1:8000/readyz' } });
    expect(body).not.toHaveProperty('Address');
  });

  it('comes back after an agent lost it, within a minute', async () => {
    await using test = await openTestConsul(consul.address);
    const states = announce(test);
    await states.next();

    consul.forgetRegistrations();
    const lost = consul.registered;
    await test.clock.whenWaiting(54_000);
    await test.clock.advance(54_000);
    await consul.until(() => consul.registered.length === 1);
    await states.return?.();

    expect(lost).toEqual([]);
  });

  it('is announced again once Consul is back, and everything is told in between', async () => {
    consul.goDown({ does: 'answer', status: 500 });
    await using test = await openTestConsul(consul.address);
    const states = announce(test);

    const lost = await states.next();
    consul.comeBack();
    await test.clock.whenWaiting(500);
    await test.clock.advance(500);
    const back = await states.next();
    await states.return?.();

    expect([lost.value, back.value]).toEqual([
      { state: 'lost', finding: expect.stringContaining('answered 500') },
      { state: 'announced' },
    ]);
    expect(test.health).toEqual([expect.stringContaining('answered 500'), 'ready']);
    expect(test.log.messages('warn')).toEqual(['Consul does not take the service of this node']);
  });

  it('tells which right its token lacks', async () => {
    await using strict = await ConsulDouble.open({ token: 'a-consul-token' });
    await using test = await openTestConsul(strict.address);
    const states = announce(test);

    const { value } = await states.next();
    await states.return?.();

    expect(value).toEqual({ state: 'lost', finding: expect.stringContaining('service:write') });
  });

  it('is gone from Consul when its reader has left', async () => {
    await using test = await openTestConsul(consul.address);
    const states = announce(test);
    await states.next();

    await states.return?.();

    expect(consul.registered).toEqual([]);
    expect(consul.queries.at(-1)).toMatchObject({
      method: 'PUT',
      path: '/v1/agent/service/deregister/core%3Allm%3A8000',
    });
  });

  it('is withdrawn when the plugin closes, if nobody did', async () => {
    const test = await openTestConsul(consul.address);
    await announce(test).next();

    await test[Symbol.asyncDispose]();

    expect(consul.registered).toEqual([]);
  });

  it('holds up nobody who leaves while Consul hangs', async () => {
    await using test = await openTestConsul(consul.address);
    const states = announce(test);
    await states.next();

    consul.goDown({ does: 'hang' });
    await states.return?.();

    expect(test.log.messages('warn')).toEqual(['Consul was not told that a service of this node is gone']);
  });

  it('is left to Nomad where Nomad runs the node', async () => {
    await using test = await openTestConsul(consul.address, { isInNomad: true });
    const states = announce(test);

    const { value } = await states.next();
    await states.return?.();

    expect(value).toEqual({ state: 'left-to-others', finding: expect.stringContaining('Nomad') });
    expect(consul.queries).toEqual([]);
  });
});
