import { afterAll, beforeAll } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import toolSsh from './index.js';
import { describeWithSshd, OpenSshServer } from './open-ssh-server.test.support.js';

describeWithSshd('placements', () => {
  let server: OpenSshServer;
  beforeAll(async () => {
    server = await OpenSshServer.start();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  describeInEveryPlacement(
    'tool-ssh',
    {
      capability: ToolProvider,
      plugin: toolSsh,
      config: () => ({
        knownHostsFile: server.knownHostsFile,
        hosts: { box: server.host() },
        tools: {
          greet: {
            description: 'Greets somebody.',
            hosts: ['box'],
            command: ['echo', 'hello', '{name}'],
            parameters: { name: { description: 'Who', maxLength: 50 } },
            effect: 'read',
            phrases: { en: { templates: ['greet {name}'], answer: '{name} was greeted.' } },
          },
          fetch: {
            description: 'Fetches a file.',
            hosts: ['box'],
            get: { remoteRoot: '/srv/out', localRoot: '/srv/in' },
          },
        },
      }),
      beside: { 'clock-system': null, 'log-winston': null },
      kill: 'once',
    },
    (title, open) =>
      describeToolProviderContract(title, open, { call: { name: 'greet', args: { name: 'everybody' } } }),
  );
});
