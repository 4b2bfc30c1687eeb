import { exec, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CoreProcess } from './demo-tiers/core-process.js';
import { freePorts } from './demo-tiers/free-ports.js';
import { runTiercel, Workspace } from './run-tiercel.test.support.js';

const key = 'a-key-of-the-test-that-is-long-enough';

/** What the guides show with curl, and a part of what comes back. */
const shown = [
  ['serve-tools', '/run_tool/', '"result":4'],
  ['use-a-remote-model', '/v1/models', '"smollm2-135m-instruct"'],
  ['use-a-remote-model', '/v1/chat/completions', 'living room lamp is on'],
] as const;

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const whereCurlIs = hasCurl ? it.each(shown) : it.skip.each(shown);
const hint = hasCurl ? '' : ' (skipped: "sudo apt install curl" lets it run)';

/** The command of a guide that asks for `route`, with its continued lines. */
async function curlLine(guide: string, route: string): Promise<string> {
  const page = await readFile(`docs/guides/${guide}.md`, 'utf8');
  const commands = page.match(/^curl (?:.*\\\n)*.*$/gm) ?? [];
  return commands.find((command) => command.includes(route)) ?? `echo "${guide} has no curl for ${route}"`;
}

describe('a tier whose model and tools are on a core', () => {
  let workspace: Workspace;
  let core: CoreProcess;
  let environment: Readonly<Record<string, string>>;
  let announced: Readonly<Record<string, string>>;

  beforeAll(async () => {
    workspace = await Workspace.open();
    const [gateway, tools, world, broker] = await freePorts(4);
    const shared = { TOOL_SERVER_API_KEY: key, DATA_DIR: workspace.path('data') };
    const { signal } = new AbortController();
    announced = {
      MDNS: 'true',
      MDNS_INTERFACE: '127.0.0.1',
      MDNS_PORT: `${20_000 + Math.floor(Math.random() * 40_000)}`,
    };
    const served = {
      ...process.env,
      ...shared,
      ...announced,
      GATEWAY_ANNOUNCE: 'all',
      GATEWAY_PORT: `${gateway}`,
      TOOL_SERVER_PORT: `${tools}`,
      WORLD_MODEL_PORT: `${world}`,
      BROKER_PORT: `${broker}`,
      MQTT_PORT: `${broker}`,
    };
    core = await CoreProcess.start({ tier: 'core', environment: served, signal });
    environment = {
      ...shared,
      MQTT_HOST: '127.0.0.1',
      MQTT_PORT: `${broker}`,
      NODE_NAME: 'edge-of-the-test',
      LLM_URL: `http://127.0.0.1:${gateway}`,
      TOOL_SERVER_URL: `http://127.0.0.1:${tools}`,
      TOOL_EXECUTION_MODE: 'remote',
    };
  });
  afterAll(async () => {
    await core?.[Symbol.asyncDispose]();
    await workspace?.[Symbol.asyncDispose]();
  });

  /** Runs a line of a guide as a shell does, with the ports of this core. */
  function printedBy(line: string): Promise<string> {
    const here = line
      .replace('http://127.0.0.1:8000', environment['LLM_URL'] ?? '')
      .replace('http://127.0.0.1:8001', environment['TOOL_SERVER_URL'] ?? '');
    return new Promise((resolve) => {
      exec(here, { env: { ...process.env, KEY: key } }, (_error, stdout, stderr) => resolve(stdout + stderr));
    });
  }

  const edge = (...args: readonly string[]) => runTiercel([...args, '--tier', 'edge'], { environment });

  it('answers "model ask" with the model of the core, as it is written', async () => {
    const { exitCode, stdout } = await edge('model', 'ask', 'What is the capital of France?', '--stream');

    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/Paris.*\n$/)]);
  });

  it('says which provider answered', async () => {
    const { stdout } = await edge('model', 'ask', 'What is the capital of France?', '--json');

    expect(JSON.parse(stdout)).toMatchObject({ provider: 'llm-remote', model: 'smollm2-135m-instruct' });
  });

  it('finds the model of a core whose address nobody has named', async () => {
    const { LLM_URL, ...unnamed } = environment;

    const { exitCode, stdout } = await runTiercel(
      ['model', 'ask', 'What is the capital of France?', '--tier', 'edge', '--json'],
      {
        environment: { ...unnamed, ...announced },
      },
    );

    expect(LLM_URL).toBeDefined();
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      text: expect.stringMatching(/Paris/),
      provider: 'llm-remote',
    });
  });

  it('lists the tools of the core beside its own', async () => {
    const { stdout } = await edge('tools', 'list', '--json');

    const places = Object.fromEntries(
      JSON.parse(stdout).tools.map(({ name, server }: { name: string; server?: string }) => [name, server]),
    );
    expect(places).toMatchObject({ set_device: expect.stringContaining('127.0.0.1'), get_time: undefined });
  });

  it('calls them', async () => {
    const args = '{"device":"living-room-lamp","state":"on"}';

    const { exitCode, stdout } = await edge('tools', 'call', 'set_device', '--args', args, '--json');

    expect([exitCode, JSON.parse(stdout)]).toMatchObject([
      0,
      { content: { state: 'on' }, spoken: 'Living room lamp is on.' },
    ]);
  });

  whereCurlIs(`answers what the guide %s shows with curl for %s${hint}`, async (guide, route, part) => {
    const printed = await printedBy(await curlLine(guide, route));

    expect(printed.toLowerCase()).toContain(part);
  });
});
