import { describe, expect, it } from '@jest/globals';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import type { FakeTool } from '@tiercel/capabilities/tool-provider/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import type { RequestContext } from '../http/request-context.js';
import { RunToolEndpoint } from './run-tool-endpoint.js';
import { deferred } from './served-tools.test.support.js';

const clock: FakeTool = {
  name: 'get_time',
  description: 'Tells the time.',
  parameters: {
    type: 'object',
    additionalProperties: false,
    properties: { zone: { type: 'string', maxLength: 64 }, style: { enum: ['long', 'short'] } },
  },
  legacy: { tool: 'Clock', method: 'now' },
  run: () => ({ content: { hour: 8 }, spoken: 'It is eight.' }),
};

function endpointFor(tools: readonly FakeTool[]) {
  const registry = new FakeToolRegistry(tools);
  const log = new FakeLog();
  return { registry, log, endpoint: new RunToolEndpoint(registry, log) };
}

function contextFor(given: Partial<RequestContext> = {}): RequestContext {
  return {
    id: 'request-1',
    traceparent: undefined,
    caller: { name: 'kitchen', scopes: ['tools'] },
    signal: new AbortController().signal,
    draining: new AbortController().signal,
    ...given,
  };
}

function failing(error: unknown): FakeTool {
  return {
    ...clock,
    run: () => {
      throw error;
    },
  };
}

describe('RunToolEndpoint', () => {
  it('lists tools under their older names, with schema and effect', async () => {
    const { endpoint } = endpointFor([clock, { name: 'without_older_name' }]);

    const tools = await endpoint.list(contextFor());

    expect(tools).toEqual({
      Clock: {
        now: { doc: 'Tells the time.', args: ['zone', 'style'], schema: clock.parameters, effect: 'read' },
      },
    });
  });

  it('lists only what the key may call', async () => {
    const { endpoint } = endpointFor([clock]);

    const tools = await endpoint.list(
      contextFor({ caller: { name: 'hall', scopes: ['tools:get_weather'] } }),
    );

    expect(tools).toEqual({});
  });

  it('runs a tool and answers with its content', async () => {
    const { endpoint, registry } = endpointFor([clock]);

    const answer = await endpoint.run(
      { tool: 'Clock', method: 'now', args: { zone: 'Europe/Berlin' } },
      contextFor(),
    );

    expect(answer).toEqual({ status: 200, body: { result: { hour: 8 } } });
    expect(registry.calls).toMatchObject([
      {
        name: 'get_time',
        args: { zone: 'Europe/Berlin' },
        options: { caller: 'run_tool:kitchen', requestId: 'request-1' },
      },
    ]);
  });

  it('runs a tool without arguments', async () => {
    const { endpoint, registry } = endpointFor([clock]);

    await endpoint.run({ tool: 'Clock', method: 'now' }, contextFor());

    expect(registry.calls).toMatchObject([{ args: {} }]);
  });

  it.each<[string, unknown]>([
    ['text', 'Clock.now'],
    ['a list', [{ tool: 'Clock', method: 'now' }]],
    ['null', null],
    ['no tool', { method: 'now' }],
    ['no method', { tool: 'Clock' }],
    ['a tool that is no text', { tool: { toString: 'Clock' }, method: 'now' }],
    ['arguments by position', { tool: 'Clock', method: 'now', args: [1] }],
    ['a field that it does not know', { tool: 'Clock', method: 'now', kwargs: {} }],
  ])('answers 422 to %s', async (_, body) => {
    const { endpoint, registry } = endpointFor([clock]);

    const answer = await endpoint.run(body, contextFor());

    expect(answer).toMatchObject({ status: 422, body: { code: 'GATEWAY_REQUEST_INVALID' } });
    expect(registry.calls).toEqual([]);
  });

  it.each([
    ['Clock', '_now'],
    ['Clock', 'constructor'],
    ['Clock', '__proto__'],
    ['constructor', 'now'],
    ['__proto__', 'then'],
    ['get_time', ''],
    ['clock', 'now'],
  ])('answers 404 to %s.%s', async (tool, method) => {
    const { endpoint, registry } = endpointFor([clock]);

    const answer = await endpoint.run({ tool, method }, contextFor());

    expect(answer).toMatchObject({ status: 404, body: { code: 'TOOL_UNKNOWN', id: 'request-1' } });
    expect(registry.calls).toEqual([]);
  });

  it.each<[number, unknown, string]>([
    [
      400,
      new ToolError('TOOL_ARGUMENTS_INVALID', { tool: 'get_time', findings: ['zone is too long'] }),
      'zone is too long',
    ],
    [400, new ToolError('TOOL_HOPS_EXCEEDED', { tool: 'get_time', hops: 4, maxHops: 3 }), '4 nodes'],
    [403, new ToolError('TOOL_DENIED', { tool: 'get_time', policy: 'deny' }), 'forbidden'],
    [409, new ToolError('TOOL_KEY_REUSED', { tool: 'get_time' }), 'another call'],
    [429, new ToolError('TOOL_BUSY', { tool: 'get_time', running: 4, waiting: 16 }), '16 waiting'],
    [
      500,
      new ToolError('TOOL_FAILED', { tool: 'get_time', finding: 'there is no clock.' }),
      'there is no clock',
    ],
    [503, new ToolError('TOOL_AUDIT_UNWRITABLE', { tool: 'get_time' }), 'audit log'],
    [504, new ToolError('TOOL_TIMEOUT', { tool: 'get_time', timeoutMs: 50 }), '50 ms'],
  ])('answers %i and says why', async (status, error, text) => {
    const { endpoint } = endpointFor([failing(error)]);

    const answer = await endpoint.run({ tool: 'Clock', method: 'now' }, contextFor());

    expect(answer).toMatchObject({ status, body: { detail: expect.stringContaining(text) } });
    expect(answer.retryAfterS).toBe(status === 429 ? 1 : undefined);
  });

  it('answers 403 to a key without the scope', async () => {
    const { endpoint, registry } = endpointFor([clock]);

    const answer = await endpoint.run(
      { tool: 'Clock', method: 'now' },
      contextFor({ caller: { name: 'hall', scopes: ['models'] } }),
    );

    expect(answer).toMatchObject({ status: 403, body: { code: 'GATEWAY_SCOPE_MISSING' } });
    expect(registry.calls).toEqual([]);
  });

  it('answers 403 where somebody would have to be asked', async () => {
    const { endpoint } = endpointFor([{ ...clock, policy: 'ask' }]);

    const answer = await endpoint.run({ tool: 'Clock', method: 'now' }, contextFor());

    expect(answer).toMatchObject({ status: 403, body: { code: 'TOOL_DENIED' } });
  });

  it('keeps errors that were not made to be told to itself, under the id of the request', async () => {
    const { endpoint, log } = endpointFor([failing(new TypeError('password hunter2'))]);

    const answer = await endpoint.run({ tool: 'Clock', method: 'now' }, contextFor());

    expect(answer).toMatchObject({ status: 500, body: { code: 'TOOL_FAILED', id: 'request-1' } });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { id: 'request-1' } }]);
  });

  it('finds a tool that came later, and no longer one that went', async () => {
    const { endpoint, registry } = endpointFor([]);
    const run = async () => (await endpoint.run({ tool: 'Clock', method: 'now' }, contextFor())).status;

    const before = await run();
    registry.offer([clock]);
    const during = await run();
    registry.offer([]);
    const after = [await run(), await run()];

    expect([before, during, after]).toEqual([404, 200, [404, 404]]);
  });

  it('stops the tool when the client goes, and has nobody to answer', async () => {
    const stopped = deferred<unknown>();
    const started = deferred<void>();
    const { endpoint } = endpointFor([
      {
        ...clock,
        run: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              stopped.resolve(signal.reason);
              reject(signal.reason);
            });
            started.resolve();
          }),
      },
    ]);
    const controller = new AbortController();
    const gone = new Error('gone');
    const answer = endpoint.run({ tool: 'Clock', method: 'now' }, contextFor({ signal: controller.signal }));
    await started.promise;

    controller.abort(gone);

    await expect(answer).rejects.toBe(gone);
    expect(await stopped.promise).toBe(gone);
  });
});
