import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runTiercel, Workspace } from './run-tiercel.test.support.js';

describe('tiercel discover', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await Workspace.open();
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  const house = (plugin: string) =>
    workspace.write(
      'house.yaml',
      `tier: house\nplugins:\n  log-winston: { config: { level: error } }\n  clock-system:\n${plugin}`,
    );

  it('prints where a service is', async () => {
    const tier = await house(
      '  discovery-static: { config: { services: { door: [http://a:1, http://b:2] } } }\n',
    );

    const { exitCode, stdout } = await runTiercel(['discover', 'door', '--tier', tier]);
    const none = await runTiercel(['discover', 'window', '--tier', tier]);

    expect([exitCode, stdout.split('\n').sort()]).toEqual([0, ['', 'http://a:1', 'http://b:2']]);
    expect([none.exitCode, none.stdout, none.stderr]).toEqual([0, '', 'Nobody serves window now.\n']);
  });

  it('follows what Consul says until it is interrupted', async () => {
    const instance = {
      Node: { Address: '10.0.0.7' },
      Service: { ID: 'llm-1', Service: 'llm', Address: '', Port: 8000 },
    };
    const waiting = new Set<() => void>();
    const consul = createServer((request, response) => {
      response.setHeader('X-Consul-Index', '7');
      const answer = () => response.end(JSON.stringify([instance]));
      // A query that knows this index waits, as there is no change.
      if (request.url?.includes('index=7')) waiting.add(answer);
      else answer();
    });
    await new Promise<void>((resolve) => consul.listen(0, '127.0.0.1', resolve));
    const tier = await house('  discovery-consul:\n');

    const { stdout } = await runTiercel(['discover', 'llm', '--watch', '--json', '--tier', tier], {
      environment: {
        CONSUL_HTTP_ADDR: `127.0.0.1:${(consul.address() as AddressInfo).port}`,
        DATA_DIR: workspace.path('data'),
      },
      interrupt: { signal: 'SIGINT', when: (run) => run.stdout.includes('10.0.0.7') },
    });
    consul.closeAllConnections();
    consul.close();

    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      service: 'llm',
      endpoints: [{ url: 'http://10.0.0.7:8000' }],
      isStale: false,
    });
  });

  it('says that a tier has no discovery', async () => {
    const { stderr } = await runTiercel(['discover', 'llm', '--tier', await house('')]);

    expect(stderr).toContain('CLI_DISCOVERY_MISSING');
  });
});
