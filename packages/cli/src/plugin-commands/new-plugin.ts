import path from 'node:path';
import { type ScaffoldedPlugin, scaffoldPlugin } from '@tiercel/authoring';
import type { Context } from '../context.js';

export interface NewPluginOptions {
  readonly capability: string;
  readonly directory?: string;
  readonly contractFrom?: string;
  readonly json?: boolean;
}

/** Writes the package of a new plugin and says what to do with it. */
export async function newPlugin(
  { terminal, signal }: Context,
  name: string,
  { json = false, ...options }: NewPluginOptions,
): Promise<number> {
  const plugin = await scaffoldPlugin({ name, ...options, signal });
  terminal.print(json ? JSON.stringify(plugin, undefined, 2) : describe(plugin));
  return 0;
}

function describe({ name, directory, files, unwritten }: ScaffoldedPlugin): string {
  const folder = path.relative('.', directory) || '.';
  const members =
    unwritten.length === 0
      ? []
      : ['', `Yours to write, until then its suite fails: ${unwritten.join(', ')}.`];
  return [
    `${name} is in ${folder}:`,
    ...files.map((file) => `  ${file}`),
    ...members,
    '',
    'Next:',
    `  cd ${folder}`,
    '  npm install',
    '  npm test                      compile, state what it declares, run the contract suite',
    '  npx tiercel check tier.yaml   plan a node with it',
  ].join('\n');
}
