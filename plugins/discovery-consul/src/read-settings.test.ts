import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isTiercelError } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import type { ConsulConfig } from './config.js';
import discoveryConsul from './index.js';
import { readSettings } from './read-settings.js';

const DEFAULTS: ConsulConfig = {
  host: '',
  port: 0,
  address: '',
  tls: false,
  caFile: '',
  token: '',
  node: 'core',
  advertise: '',
  nomadAllocation: '',
  staleAfterMs: 10_000,
  churnPauseMs: 15_000,
  dataDirectory: '/data',
};

const originOf = (config: Partial<ConsulConfig>) => readSettings({ ...DEFAULTS, ...config }).origin;

function findingsOf(config: Partial<ConsulConfig>): string {
  try {
    readSettings({ ...DEFAULTS, ...config });
  } catch (error) {
    if (isTiercelError(error, 'CONSUL_CONFIG_INVALID')) return error.message;
  }
  return 'nothing was thrown';
}

describe('the address of Consul', () => {
  it.each<[Partial<ConsulConfig>, string]>([
    [{}, 'http://127.0.0.1:8500'],
    [{ host: 'consul.house' }, 'http://consul.house:8500'],
    [{ host: 'consul.house', port: 8_501, tls: true }, 'https://consul.house:8501'],
    [{ host: 'fd00::1' }, 'http://[fd00::1]:8500'],
    [{ port: 8_600 }, 'http://127.0.0.1:8600'],
    [{ address: '10.0.0.2:8501' }, 'http://10.0.0.2:8501'],
    [{ address: '10.0.0.2' }, 'http://10.0.0.2:8500'],
    [{ address: '10.0.0.2:8501', tls: true }, 'https://10.0.0.2:8501'],
    [{ address: 'https://consul.example/' }, 'https://consul.example'],
    [{ address: 'https://consul.example/prefix/' }, 'https://consul.example/prefix'],
    [{ host: '10.0.0.9', address: 'https://consul.example' }, 'http://10.0.0.9:8500'],
  ])('of %j is %s', (config, origin) => {
    expect(originOf(config)).toBe(origin);
  });

  it.each<[Partial<ConsulConfig>, string]>([
    [{ address: 'unix:///run/consul.sock' }, 'neither host:port nor a URL'],
    [{ address: 'not an address' }, 'neither host:port nor a URL'],
    [{ address: 'http://user:hunter2@consul.example' }, 'set CONSUL_HTTP_TOKEN instead'],
    [{ host: 'http://consul.house' }, '"host" (CONSUL_HOST)'],
    [{ token: 'two words' }, '"token" (CONSUL_HTTP_TOKEN)'],
    [{ node: 'a node' }, '"node" (NODE_NAME)'],
    [{ advertise: 'http://core' }, '"advertise"'],
  ])('of %j is refused: %s', (config, finding) => {
    expect(findingsOf(config)).toContain(finding);
    expect(findingsOf(config)).not.toContain('hunter2');
  });

  it('is refused together with everything else that is wrong', () => {
    const message = findingsOf({ host: 'a b', token: 'ü', node: '!' });

    expect(message.match(/"(?:host|token|node)"/g)).toEqual(['"host"', '"node"', '"token"']);
  });

  it.each([
    [{ CONSUL_HOST: '10.0.0.2', CONSUL_PORT: '8501' }, 'http://10.0.0.2:8501'],
    [{ CLUSTER_IP: '10.0.0.3' }, 'http://10.0.0.3:8500'],
    [{ CONSUL_HTTP_ADDR: 'https://consul.example:8501' }, 'https://consul.example:8501'],
    [{ CONSUL_ADDR: '10.0.0.4:8500' }, 'http://10.0.0.4:8500'],
    [{ CONSUL_HTTP_ADDR: '10.0.0.4:8501', CONSUL_HTTP_SSL: 'true' }, 'https://10.0.0.4:8501'],
  ])('comes from %j', async (environment, consul) => {
    await using test = await bootTest({ plugins: [discoveryConsul], environment });

    const { facts } = test.node.describe().plugins.find(({ plugin }) => plugin === 'discovery-consul') ?? {};
    expect(facts).toEqual({ consul, services: [] });
  });
});

describe('other settings', () => {
  it('keep lists below the folder of the node, and know Nomad by its allocation', () => {
    const { directory, isInNomad } = readSettings({ ...DEFAULTS, nomadAllocation: '5b1c' });

    expect([directory, isInNomad]).toEqual([path.join('/data', 'discovery'), true]);
  });

  it('make the name of the host safe where no node is named', () => {
    expect(readSettings({ ...DEFAULTS, node: '' }).node).toMatch(/^[A-Za-z0-9_.:@-]{1,64}$/);
  });

  it('with an authority that cannot be read stop the start', async () => {
    const booting = bootTest({
      plugins: [discoveryConsul],
      config: { 'discovery-consul': { caFile: '/nowhere/ca.pem' } },
    });

    await expect(booting).rejects.toMatchObject({ message: expect.stringContaining('CONSUL_CACERT') });
  });
});
