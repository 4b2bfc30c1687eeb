import path from 'node:path';
import { buildPlugins, type PluginBuild } from '@tiercel/authoring';
import { formatProblems } from '@tiercel/kernel';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';

export interface BuildPluginOptions {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Writes the files of plugins, or tells all that is wrong with them. */
export async function buildPlugin(
  { terminal, signal }: Context,
  paths: readonly string[],
  { check = false, json = false }: BuildPluginOptions,
): Promise<number> {
  const builds = await buildPlugins(paths.length > 0 ? paths : ['.'], { isCheck: check, signal });
  if (json) terminal.print(JSON.stringify({ plugins: builds.map(toJson) }, undefined, 2));
  else {
    for (const { plugin, file, state, problems } of builds) {
      const name = path.relative('.', file);
      if (state === 'refused') terminal.note(`${formatProblems(plugin, problems)}\n`);
      else terminal.print(`${plugin}: ${state === 'written' ? `wrote ${name}` : `${name} is current`}`);
    }
  }
  return builds.some(({ state }) => state === 'refused') ? EXIT.refused : 0;
}

function toJson({ plugin, file, state, problems }: PluginBuild): object {
  return { plugin, file, state, problems };
}
