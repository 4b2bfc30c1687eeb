import { expect, it } from '@jest/globals';
import { coreKey } from './core-node.test.support.js';
import { startCoreProcess } from './core-process.test.support.js';
import { openProxy } from './open-proxy.test.support.js';

it('survives the death of its server in the middle of a call, and never has it done twice', async () => {
  const core = await startCoreProcess();
  const proxy = await openProxy({ url: core.url, apiKey: coreKey });
  const began = core.began();
  const call = proxy.tools.call('order', {}).catch((error: unknown) => error);
  await began;

  await core.kill();

  expect(await call).toMatchObject({ code: 'TOOL_SERVER_CALL_LOST', retryable: false });
  await proxy.untilState('degraded');
  await core.restart();
  await proxy.untilState('ready');
  expect(await proxy.tools.call('ping', {})).toEqual({ content: 'pong' });
  expect(await core.countRuns()).toBe(1);
  await proxy[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});
