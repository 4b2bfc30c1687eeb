import {
  type ConfigKey,
  type ConfigSource,
  type Environment,
  formatPosition,
  type PlannedPlugin,
} from '@tiercel/kernel';
import type { PlanOrigin } from './read-plan.js';
import { visible } from './text/visible.js';

/** The value of one configuration key, as far as anybody may see it. */
export interface Setting {
  readonly key: string;
  readonly source: ConfigSource;
  /** Where it comes from, for people: a position in a manifest, the name of a variable, or `default`. */
  readonly from: string;
  /** Whether the value is left out here: its key is marked `sensitive`, or a file takes part in it. */
  readonly isSecret: boolean;
  /**
   * What a plugin gets, but a value that the manifest takes from a variable (`${env:NAME}`) stands here as it is written.
   * Absent where it is secret.
   */
  readonly value?: unknown;
}

const secret = '‹secret›';
const maxShownLength = 60;

/** All configuration of a plugin, in the order in which it declares the keys; empty where it has faults. */
export function settingsOf(planned: PlannedPlugin, origin?: PlanOrigin): readonly Setting[] {
  return Object.entries(planned.declaration.config).flatMap(([key, definition]) => {
    const source = Object.hasOwn(planned.configSources, key) ? planned.configSources[key] : undefined;
    if (source === undefined) return [];
    const isSecret = definition.sensitive === true || source === 'file';
    const setting = { key, source, from: fromOf(planned, key, source, origin), isSecret };
    return isSecret ? [setting] : [{ ...setting, value: shownValue(planned, key, source) }];
  });
}

/** A setting as text on one line; long values are cut. */
export function showSetting({ isSecret, value }: Pick<Setting, 'isSecret' | 'value'>): string {
  if (isSecret) return secret;
  const text = visible(JSON.stringify(value) ?? String(value));
  const characters = [...text];
  return characters.length <= maxShownLength ? text : `${characters.slice(0, maxShownLength).join('')}…`;
}

/** Whether a value of a manifest is put together from variables or files. */
export function isReference(written: unknown): boolean {
  if (typeof written === 'string') {
    // A second `$` in front keeps the text as it is.
    return [...written.matchAll(/(\$?)\$\{(?:env|file):[^}]+\}/g)].some(([, kept]) => kept === '');
  }
  return typeof written === 'object' && written !== null && Object.values(written).some(isReference);
}

function shownValue({ entry, config }: PlannedPlugin, key: string, source: ConfigSource): unknown {
  const written = entry.config[key];
  return source === 'manifest' && isReference(written) ? written : config[key];
}

function fromOf(
  { key: plugin, declaration }: PlannedPlugin,
  key: string,
  source: ConfigSource,
  origin: PlanOrigin | undefined,
): string {
  if (source === 'default') return 'default';
  if (source !== 'environment') {
    const at = origin?.manifest.at('plugins', plugin, 'config', key);
    return at ? formatPosition(at) : 'manifest';
  }
  const variable = variableOf(declaration.config[key], origin?.environment ?? {});
  return variable === undefined ? 'environment' : `environment variable ${variable}`;
}

/** The variable that sets a key: its name, the file of a secret, or an old name. */
function variableOf(definition: ConfigKey | undefined, environment: Environment): string | undefined {
  const { env, aliases = [], sensitive = false } = definition ?? {};
  if (env === undefined) return undefined;
  const candidates = [env, ...(sensitive ? [`${env}_FILE`] : []), ...aliases];
  const isSet = (name: string) => Object.hasOwn(environment, name) && (environment[name] ?? '').trim() !== '';
  return candidates.find(isSet) ?? env;
}
