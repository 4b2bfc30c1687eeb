import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { coreMetrics, Metrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { type FakeTool, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { boot, supply } from '@tiercel/kernel';
import { verifyAudit } from '@tiercel/tools';
import toolRegistry from './index.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tool-registry-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function bootRegistry(
  tools: readonly FakeTool[],
  config: Readonly<Record<string, unknown>> = {},
  more: {
    readonly others?: readonly FakeTool[];
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const metrics = new FakeMetrics();
  const provider = new FakeToolProvider(tools);
  const plugins = {
    'tool-registry': { config },
    clock: null,
    log: null,
    metrics: null,
    tools: null,
    ...(more.others && { 'other-tools': null }),
  };
  const node = await boot({
    manifest: { tier: 'test', plugins },
    plugins: [
      toolRegistry,
      supply('@tiercel/clock', Clock, clock),
      supply('@tiercel/log', Log, log),
      supply('@tiercel/metrics', Metrics, metrics),
      supply('@tiercel/tools', ToolProvider, provider),
      ...(more.others
        ? [supply('@tiercel/other-tools', ToolProvider, new FakeToolProvider(more.others))]
        : []),
    ],
    environment: { DATA_DIR: directory, ...more.environment },
  });
  const stateOf = () => node.describe().plugins.find(({ plugin }) => plugin === 'tool-registry')?.state;
  return { node, registry: node.get(ToolRegistry), provider, clock, log, metrics, stateOf };
}

describe('@tiercel/tool-registry', () => {
  it('takes policies by name, by prefix and by effect from its configuration', async () => {
    const { node, registry } = await bootRegistry(
      [
        { name: 'set_lamp', effect: 'write' },
        { name: 'git_push', effect: 'write' },
        { name: 'play', effect: 'write' },
      ],
      { policy: { set_lamp: 'allow', 'git_*': 'deny' }, effectPolicy: { write: 'ask' } },
    );
    await using _ = node;

    const tools = await registry.list();

    expect(tools.map(({ name, policy }) => [name, policy])).toEqual([
      ['git_push', 'deny'],
      ['play', 'ask'],
      ['set_lamp', 'allow'],
    ]);
  });

  it('does not start with policies that cannot be used, and says all that is wrong', async () => {
    const config = {
      policy: { set_lamp: 'yes', 'Set Lamp': 'allow', 'a*b': 'ask' },
      effectPolicy: { change: 'ask' },
    };

    await expect(bootRegistry([], config)).rejects.toMatchObject({
      cause: {
        cause: {
          code: 'TOOL_POLICY_INVALID',
          details: {
            findings: [
              'policy: "Set Lamp" is no name of a tool',
              'policy: "a*b" is no name of a tool',
              'effectPolicy: "change" is no effect',
              '"set_lamp" has none of allow, ask, deny',
            ],
          },
        },
      },
    });
  });

  it('takes its mode from the environment', async () => {
    const { node, registry } = await bootRegistry(
      [{ name: 'look' }, { name: 'find', server: 'core' }],
      {},
      { environment: { TOOL_EXECUTION_MODE: 'remote' } },
    );
    await using _ = node;

    expect((await registry.list()).map(({ name }) => name)).toEqual(['find']);
    await expect(registry.call('look', {})).rejects.toMatchObject({ code: 'TOOL_REMOTE_MISSING' });
  });

  it('is degraded while it may only use tool servers and there are none', async () => {
    const { node, registry, provider, stateOf } = await bootRegistry([{ name: 'look' }], { mode: 'remote' });
    await using _ = node;

    await registry.list();
    const without = stateOf();
    provider.offer([{ name: 'find', server: 'core' }]);
    await registry.list();

    expect([without, stateOf()]).toEqual(['degraded', 'ready']);
  });

  it('tells about itself what a person wants to know', async () => {
    const { node, registry } = await bootRegistry([{ name: 'look' }, { name: 'find', server: 'core' }]);
    await using _ = node;

    await registry.list();

    expect(node.describe().plugins.find(({ plugin }) => plugin === 'tool-registry')?.facts).toEqual({
      mode: 'local',
      tools: { here: 1, remote: 1 },
      audit: path.join(directory, 'audit'),
    });
  });

  it('names the plugins of tools with the same name', async () => {
    const { node, registry } = await bootRegistry([{ name: 'same' }], {}, { others: [{ name: 'same' }] });
    await using _ = node;

    await expect(registry.list()).rejects.toMatchObject({
      code: 'TOOL_NAME_DUPLICATE',
      details: { tool: 'same', plugins: ['tools', 'other-tools'] },
    });
  });

  it('keeps its audit log in the data folder', async () => {
    const { node, registry } = await bootRegistry([{ name: 'look' }]);

    await registry.call('look', {}, { caller: 'test' });
    await node[Symbol.asyncDispose]();

    expect(await readdir(directory)).toEqual(['audit']);
    expect(await verifyAudit(path.join(directory, 'audit'))).toMatchObject({ records: 3, findings: [] });
  });

  it('keeps its audit log where it is told to', async () => {
    const audit = path.join(directory, 'elsewhere');
    const { node, registry } = await bootRegistry([{ name: 'look' }], { audit });

    await registry.call('look', {});
    await node[Symbol.asyncDispose]();

    expect(await verifyAudit(audit)).toMatchObject({ records: 3, findings: [] });
  });

  it('is degraded while the audit log cannot be written', async () => {
    await writeFile(path.join(directory, 'audit'), 'in the way');
    const { node, registry, stateOf, log } = await bootRegistry([
      { name: 'wipe', effect: 'destructive', policy: 'allow' },
    ]);
    await using _ = node;
    const atStart = stateOf();

    await expect(registry.call('wipe', {})).rejects.toMatchObject({ code: 'TOOL_AUDIT_UNWRITABLE' });
    await rm(path.join(directory, 'audit'));
    await registry.call('wipe', {});

    expect([atStart, stateOf()]).toEqual(['degraded', 'ready']);
    expect(log.messages('error')).toEqual(['the audit log cannot be written']);
  });

  it('does not repeat what it did before it was started again', async () => {
    const book = { name: 'book', effect: 'write', policy: 'allow' } as const;
    const options = { caller: 'server', idempotencyKey: 'k' };
    const first = await bootRegistry([book]);
    await first.registry.call('book', {}, options);
    await first.node[Symbol.asyncDispose]();

    const { node, registry, provider } = await bootRegistry([book]);
    await using _ = node;

    await expect(registry.call('book', {}, options)).rejects.toMatchObject({ code: 'TOOL_RESULT_LOST' });
    expect(provider.calls).toEqual([]);
  });

  it('measures every call by tool and outcome', async () => {
    const { node, registry, metrics } = await bootRegistry([{ name: 'look' }]);
    await using _ = node;

    await registry.call('look', {});
    await registry.call('no_such_tool', {}).catch(() => undefined);

    const { toolCallSeconds } = coreMetrics;
    expect(metrics.valuesOf(toolCallSeconds, { tool: 'look', outcome: 'ok' })).toEqual([0]);
    expect(metrics.valuesOf(toolCallSeconds, { tool: 'unknown', outcome: 'TOOL_UNKNOWN' })).toEqual([0]);
  });
});
