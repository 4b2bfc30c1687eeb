import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runTiercel, Workspace } from '../run-tiercel.test.support.js';

const sum = ['tools', 'call', 'calculate', '--args', '{"expression": "2 + 2"}'];

async function manifestsOf(workspace: Workspace): Promise<Readonly<Record<string, string>>> {
  const tools = (placement: string, policy = '') =>
    `tier: tools\nplugins:\n  log-winston:\n  clock-system:\n  world-model-memory: { config: { devices: { lamp: { name: lamp, type: light, state: "off" } } } }\n  tool-registry:\n  tools-basic: { placement: ${placement} }\n  tools-home: { placement: ${placement}${policy} }\n`;
  return {
    inline: await workspace.write('inline.yaml', tools('inline')),
    process: await workspace.write('process.yaml', tools('process')),
    forbidden: await workspace.write('forbidden.yaml', tools('inline', ', config: { policy: deny }')),
  };
}

describe('tiercel tools', () => {
  it('lists what each tool changes, whether it may, and where it runs', async () => {
    const { exitCode, stdout } = await runTiercel(['tools', 'list', '--tier', 'mid']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^calculate +read +allow +here +Works out arithmetic/m);
    expect(stdout).toMatch(/^set_device +write +allow +here /m);
  });

  it('lists whole descriptors for programs, the same from this process and from a child', async () => {
    await using workspace = await Workspace.open();
    const { inline = '', process: placed = '' } = await manifestsOf(workspace);

    const lists = await Promise.all(
      [inline, placed].map(async (tier) => {
        const { stdout } = await runTiercel(['tools', 'list', '--json', '--tier', tier]);
        return JSON.parse(stdout).tools;
      }),
    );

    expect(lists[0]).toContainEqual(
      expect.objectContaining({ name: 'calculate', effect: 'read', policy: 'allow', idempotent: true }),
    );
    expect(lists[1]).toEqual(lists[0]);
  });

  it.each(['inline', 'process'])('calls a tool that is placed %s', async (placement) => {
    await using workspace = await Workspace.open();
    const manifests = await manifestsOf(workspace);

    const { exitCode, stdout } = await runTiercel([...sum, '--tier', manifests[placement] ?? '', '--json']);

    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { content: { result: 4 } }]);
  });

  it('asks nobody where nobody is, unless yes was said beforehand', async () => {
    await using workspace = await Workspace.open();
    const { inline = '' } = await manifestsOf(workspace);
    const on = ['tools', 'call', 'set_device', '--args', '{"device":"lamp","state":"on"}', '--tier', inline];

    const alone = await runTiercel(on);
    const agreed = await runTiercel([...on, '--yes', '--json']);

    expect([alone.exitCode, alone.stderr]).toEqual([1, expect.stringContaining('TOOL_DENIED')]);
    expect([agreed.exitCode, JSON.parse(agreed.stdout)]).toMatchObject([0, { content: { state: 'on' } }]);
  });

  it('does not let a yes outweigh what the owner forbids', async () => {
    await using workspace = await Workspace.open();
    const { forbidden = '' } = await manifestsOf(workspace);
    const on = ['tools', 'call', 'set_device', '--args', '{"device":"lamp","state":"on"}'];

    const { exitCode, stderr } = await runTiercel([...on, '--yes', '--tier', forbidden]);

    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('TOOL_DENIED')]);
  });

  it('writes calls down, and notices when somebody changes what was written', async () => {
    await using workspace = await Workspace.open();
    const { inline = '' } = await manifestsOf(workspace);
    const environment = { DATA_DIR: workspace.path('data') };
    const audit = workspace.path('data/audit');
    await runTiercel([...sum, '--tier', inline], { environment });

    const untouched = await runTiercel(['tools', 'audit', audit]);
    const [name = ''] = await readdir(audit);
    const file = path.join(audit, name);
    await writeFile(file, (await readFile(file, 'utf8')).replace('"calculate"', '"calculator"'));
    const changed = await runTiercel(['tools', 'audit', audit, '--json']);

    expect([untouched.exitCode, untouched.stdout]).toEqual([
      0,
      expect.stringMatching(/^Nothing was changed: \d+ records in 1 files\.\nLast hash: \w+\n$/),
    ]);
    expect(changed.exitCode).toBe(1);
    expect(JSON.parse(changed.stdout).findings[0].finding).toBe('it was changed after it was written');
  });

  it('says where the audit log should be', async () => {
    const { exitCode, stderr } = await runTiercel(['tools', 'audit', './no-such-folder']);

    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('CLI_AUDIT_MISSING')]);
  });

  it.each([
    [['no_such_tool'], 1, 'TOOL_UNKNOWN'],
    [['calculate', '--args', '{"expression": 7}'], 1, 'TOOL_ARGUMENTS_INVALID'],
    [['calculate', '--args', '2 + 2'], 2, 'CLI_ARGS_INVALID'],
    [['calculate', '--args', '[]'], 2, 'CLI_ARGS_INVALID'],
  ])('ends a call of %j with %i and %s', async (call, status, code) => {
    const { exitCode, stdout } = await runTiercel(['tools', 'call', ...call, '--json']);

    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([status, code]);
  });
});
