import { stringify } from 'yaml';
import type { Lock } from './lock.js';

/** A lock as YAML, for a file that is kept with the manifest. */
export function formatLock(lock: Lock): string {
  const head = '# Written by "tiercel lock"; "tiercel start --locked" refuses whatever differs from it.';
  const plugins = Object.entries(lock.plugins).map(([key, { config, artifacts, ...plugin }]) => {
    return [key, { ...plugin, ...unlessEmpty({ config }), ...unlessEmpty({ artifacts }) }];
  });
  const options = { lineWidth: 0, aliasDuplicateObjects: false };
  return `${head}\n${stringify({ ...lock, plugins: Object.fromEntries(plugins) }, options)}`;
}

function unlessEmpty(part: Readonly<Record<string, object>>): object {
  return Object.values(part).some((inner) => Object.keys(inner).length > 0) ? part : {};
}
