import { describe, expect, it } from '@jest/globals';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import { type FakeTool, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { defineErrors } from '@tiercel/kernel';
import type { ExecutionMode } from './execution-mode.js';
import { createToolRegistry } from './tool-registry.js';

const ServerError = defineErrors(
  'ServerError',
  {
    TOOL_SERVER_UNREACHABLE: (_: object) => 'The tool server does not answer.',
    TOOL_SERVER_LOST: (_: object) => 'The tool server broke off.',
    TOOL_SERVER_BUSY: (_: object) => 'The tool server takes no more.',
  },
  { retryable: ['TOOL_SERVER_UNREACHABLE', 'TOOL_SERVER_LOST', 'TOOL_SERVER_BUSY'] },
);

const here = (tool: FakeTool): FakeTool => ({ run: () => ({ content: 'here' }), ...tool });
const there = (tool: FakeTool): FakeTool => ({
  run: () => ({ content: 'there' }),
  ...tool,
  server: 'core',
});

function registryOf(mode: ExecutionMode, tools: readonly FakeTool[]) {
  const log = new FakeLog();
  const registry = createToolRegistry(
    [
      { plugin: 'tools-here', provider: new FakeToolProvider(tools.filter(({ server }) => !server)) },
      { plugin: 'tool-remote-proxy', provider: new FakeToolProvider(tools.filter(({ server }) => server)) },
    ],
    { mode, log },
  );
  const placeOf = async (name: string) => {
    const { content } = await registry.call(name, {});
    return content;
  };
  return { registry, log, placeOf };
}

const both = [
  here({ name: 'light_both' }),
  there({ name: 'light_both' }),
  here({ name: 'heavy_both', weight: 'heavy' }),
  there({ name: 'heavy_both', weight: 'heavy' }),
  here({ name: 'only_here', weight: 'heavy' }),
  there({ name: 'light_there' }),
  there({ name: 'heavy_there', weight: 'heavy' }),
  here({ name: 'timers', isLocalOnly: true }),
  there({ name: 'timers' }),
];

describe('TOOL_EXECUTION_MODE', () => {
  it.each<[ExecutionMode, Readonly<Record<string, string>>]>([
    [
      'local',
      {
        heavy_both: 'there',
        heavy_there: 'there',
        light_both: 'here',
        only_here: 'here',
        timers: 'here',
      },
    ],
    [
      'auto',
      {
        heavy_both: 'there',
        heavy_there: 'there',
        light_both: 'here',
        light_there: 'there',
        only_here: 'here',
        timers: 'here',
      },
    ],
    [
      'remote',
      {
        heavy_both: 'there',
        heavy_there: 'there',
        light_both: 'there',
        light_there: 'there',
        timers: 'here',
      },
    ],
  ])('%s decides where tools run', async (mode, places) => {
    const { registry, placeOf } = registryOf(mode, both);

    const names = (await registry.list()).map(({ name }) => name);
    const entries = await Promise.all(names.map(async (name) => [name, await placeOf(name)]));

    expect(Object.fromEntries(entries)).toEqual(places);
  });

  it('never falls back to this node when it is remote, and says so', async () => {
    const { registry, log } = registryOf('remote', both);

    await expect(registry.call('only_here', {})).rejects.toMatchObject({ code: 'TOOL_REMOTE_MISSING' });
    await expect(registry.call('no_such_tool', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });

    expect(log.lines).toMatchObject([
      {
        message: 'some tools do not run in this mode',
        fields: { tools: ['only_here'], mode: 'remote' },
      },
    ]);
  });

  it('says once which tools a mode leaves out', async () => {
    const { registry, log } = registryOf('local', both);

    await registry.list();
    await registry.list();

    expect(log.lines).toMatchObject([{ fields: { tools: ['light_there'], mode: 'local' } }]);
  });

  it('runs a tool here while its server is out of reach', async () => {
    let isUp = false;
    const { registry, placeOf } = registryOf('auto', [
      here({ name: 'search', weight: 'heavy', effect: 'write', policy: 'allow' }),
      there({
        name: 'search',
        weight: 'heavy',
        effect: 'write',
        policy: 'allow',
        run: () => {
          if (!isUp) throw new ServerError('TOOL_SERVER_UNREACHABLE', {});
          return { content: 'there' };
        },
      }),
    ]);
    await registry.list();

    const whileDown = await placeOf('search');
    isUp = true;
    const whileUp = await placeOf('search');

    expect([whileDown, whileUp]).toEqual(['here', 'there']);
  });

  it('does not repeat here what may have been done there', async () => {
    const failing = (name: string, effect: 'read' | 'write', error: Error) => [
      here({ name, effect, policy: 'allow', weight: 'heavy' }),
      there({
        name,
        effect,
        policy: 'allow',
        weight: 'heavy',
        run: () => {
          throw error;
        },
      }),
    ];
    const { placeOf } = registryOf('auto', [
      ...failing('write_lost', 'write', new ServerError('TOOL_SERVER_LOST', {})),
      ...failing('read_lost', 'read', new ServerError('TOOL_SERVER_LOST', {})),
      ...failing('read_full', 'read', new ServerError('TOOL_SERVER_BUSY', {})),
      ...failing(
        'read_busy',
        'read',
        new ToolError('TOOL_BUSY', { tool: 'read_busy', running: 4, waiting: 64 }),
      ),
      ...failing('read_failed', 'read', new ToolError('TOOL_FAILED', { tool: 'x', finding: 'no.' })),
    ]);

    await expect(placeOf('write_lost')).rejects.toMatchObject({ code: 'TOOL_SERVER_LOST' });
    expect(await placeOf('read_lost')).toBe('here');
    await expect(placeOf('read_full')).rejects.toMatchObject({ code: 'TOOL_SERVER_BUSY' });
    await expect(placeOf('read_busy')).rejects.toMatchObject({ code: 'TOOL_BUSY' });
    await expect(placeOf('read_failed')).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });

  it('does not run here with arguments that only the other tool takes', async () => {
    const parameters = (maximum: number) => ({
      type: 'object',
      additionalProperties: false,
      properties: { n: { type: 'integer', maximum } },
    });
    const { registry } = registryOf('auto', [
      here({ name: 'count', weight: 'heavy', parameters: parameters(5) }),
      there({
        name: 'count',
        weight: 'heavy',
        parameters: parameters(10),
        run: () => {
          throw new ServerError('TOOL_SERVER_UNREACHABLE', {});
        },
      }),
    ]);

    expect(await registry.call('count', { n: 5 })).toEqual({ content: 'here' });
    await expect(registry.call('count', { n: 6 })).rejects.toMatchObject({ code: 'TOOL_SERVER_UNREACHABLE' });
  });

  it('takes the stricter policy of the two', async () => {
    const { registry } = registryOf('auto', [
      here({ name: 'open', weight: 'heavy', policy: 'deny' }),
      there({ name: 'open', weight: 'heavy', policy: 'allow' }),
    ]);

    expect(await registry.list()).toMatchObject([{ name: 'open', server: 'core', policy: 'deny' }]);
    await expect(registry.call('open', {})).rejects.toMatchObject({ code: 'TOOL_DENIED' });
  });

  it('refuses one name from two servers', async () => {
    const { registry } = registryOf('auto', [there({ name: 'a' })]);
    const doubled = createToolRegistry([
      { plugin: 'a', provider: new FakeToolProvider([there({ name: 'same' })]) },
      { plugin: 'b', provider: new FakeToolProvider([there({ name: 'same' })]) },
    ]);

    expect(await registry.list()).toHaveLength(1);
    await expect(doubled.list()).rejects.toMatchObject({ code: 'TOOL_NAME_DUPLICATE' });
  });

  it('leaves out what another machine declares wrongly, and keeps the rest', async () => {
    const { registry, log } = registryOf('auto', [
      there({ name: 'Bad Name' }),
      there({ name: 'bad_schema', parameters: { type: 'string' } }),
      // No text can be made of it.
      there({ name: 'bad_list', parameters: { type: 'object', required: [{ toString: 1 }] } }),
      there({ name: 'good' }),
    ]);

    expect((await registry.list()).map(({ name }) => name)).toEqual(['good']);
    expect(log.lines.map(({ message }) => message)).toEqual(
      Array(3).fill('a tool of another machine is left out'),
    );
  });
});
