import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { CoffeeTools } from './coffee-tools.js';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));
const tiercel = fileURLToPath(new URL('../../../packages/cli/bin/tiercel.js', import.meta.url));

describeToolProviderContract(
  'CoffeeTools',
  () => ({ provider: new CoffeeTools(4), close: async () => undefined }),
  { call: { name: 'make_coffee', args: { cups: 1 } } },
);

describe('example 02', () => {
  it('adds a third-party tool to a shipped tier, which understands its commands without a model', async () => {
    const sentences = ['Make me two strong coffees.', 'How many coffees did I have?'];
    const args = ['talk', '--tier', 'tier.yaml', '--json', '--text', ...sentences];
    const { stdout } = await run(process.execPath, [tiercel, ...args], { cwd: folder });

    const { turns } = JSON.parse(stdout);
    expect(turns.map(({ path, tool, said }: Record<string, unknown>) => ({ path, tool, said }))).toEqual([
      { path: 'phrase', tool: 'make_coffee', said: '2 coffees coming up, strong.' },
      { path: 'phrase', tool: 'count_coffee', said: '2 coffees so far.' },
    ]);
  });

  it('is planned like every other plugin', async () => {
    const { stdout } = await run(process.execPath, [tiercel, 'check', 'tier.yaml', '--json'], {
      cwd: folder,
    });

    expect(JSON.parse(stdout)).toMatchObject({ problems: [] });
  });
});
