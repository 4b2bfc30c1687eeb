import { afterAll } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import toolsHttp from './index.js';
import { openWebServer } from './web-server.test.support.js';

const server = await openWebServer((_, response) => response.end('hello'));
afterAll(() => server[Symbol.asyncDispose]());

describeInEveryPlacement(
  'tools-http',
  {
    capability: ToolProvider,
    plugin: toolsHttp,
    config: { hosts: [`127.0.0.1:${server.port}`], plainHttp: true, privateRanges: ['127.0.0.1'] },
    kill: 'once',
  },
  (title, open) =>
    describeToolProviderContract(title, open, {
      call: { name: 'http_get', args: { url: server.at('/') } },
    }),
);
