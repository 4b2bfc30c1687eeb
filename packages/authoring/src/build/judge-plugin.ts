import {
  type ConfigKey,
  declarationOf,
  normalizeRequirement,
  type Plugin,
  type PluginFile,
  type Problem,
  parsePluginFile,
  planManifest,
  pluginFileOf,
} from '@tiercel/kernel';
import { problem } from '../problems.js';
import { notJson } from './not-json.js';

/** What a module declares, if it can be used, and all that is wrong with it. */
export interface Judgement {
  readonly file?: PluginFile;
  readonly problems: readonly Problem[];
}

type Namespace = Readonly<Record<string, unknown>>;

/** Judges the exports of an imported module. Calls nothing of the plugin. */
export async function judgePlugin(module: Namespace): Promise<Judgement> {
  const finding = whyNoPlugin(module);
  if (finding !== undefined) return { problems: [problem('AUTHORING_EXPORT_WRONG', { finding })] };
  // Its members were looked at just now.
  const plugin = module['default'] as Plugin;
  const problems = [...capabilityProblems(plugin), ...valueProblems(plugin), ...configProblems(plugin)];
  if (problems.length > 0) return { problems };

  const file = pluginFileOf(declarationOf(plugin));
  const parsed = parsePluginFile(JSON.stringify(file));
  if ('findings' in parsed) {
    return {
      problems: parsed.findings.map((text) => problem('AUTHORING_DECLARATION_WRONG', { finding: text })),
    };
  }
  const wrong = await defaultProblems(plugin);
  return wrong.length > 0 ? { problems: wrong } : { file, problems: [] };
}

const members = { name: 'string', version: 'string', setup: 'function' } as const;
const maps = ['provides', 'requires', 'config', 'needs'] as const;

function whyNoPlugin(module: Namespace): string | undefined {
  if (!('default' in module)) {
    const named = Object.keys(module).find((name) => isMadeByKernel(module[name]));
    return named === undefined ? 'there is none' : `there is none, though "${named}" looks like one`;
  }
  const value = module['default'];
  if (typeof value === 'function') return 'it is a function';
  if (Array.isArray(value)) return 'it is a list';
  if (!isRecord(value)) return `it is ${String(value)}`;
  if (isMadeByKernel(value)) return undefined;
  return typeof value['setup'] === 'function'
    ? 'it is an object that was not made by definePlugin()'
    : 'it is an object without a setup function';
}

/** `definePlugin` fills in every member and freezes the result. A copy of the kernel may have made it, so no class can tell. */
function isMadeByKernel(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.isFrozen(value) &&
    Object.entries(members).every(([key, type]) => typeof value[key] === type) &&
    maps.every((key) => isRecord(value[key]))
  );
}

function* capabilityProblems(plugin: Plugin): Generator<Problem> {
  for (const [key, provision] of Object.entries<unknown>(plugin.provides)) {
    yield* judgeCapability(isRecord(provision) ? provision['capability'] : undefined, `provides.${key}`);
  }
  for (const [key, value] of Object.entries(plugin.requires)) {
    yield* judgeCapability(capabilityOf(value, key), `requires.${key}`);
  }
}

function capabilityOf(requirement: unknown, key: string): unknown {
  try {
    return normalizeRequirement(requirement, key).capability;
  } catch {
    return undefined;
  }
}

function* judgeCapability(value: unknown, path: string): Generator<Problem> {
  if (!isRecord(value) || typeof value['key'] !== 'symbol' || !isRecord(value['methods'])) {
    yield problem('AUTHORING_CAPABILITY_ABSENT', { path });
  } else if (Object.keys(value['methods']).length === 0) {
    yield problem('AUTHORING_CAPABILITY_EMPTY', { path, capability: String(value['id']) });
  }
}

function* valueProblems(plugin: Plugin): Generator<Problem> {
  const values: [path: string, value: unknown][] = [['needs', plugin.needs]];
  for (const [key, provision] of Object.entries<unknown>(plugin.provides)) {
    values.push([`provides.${key}.features`, isRecord(provision) ? provision['features'] : {}]);
  }
  for (const [key, definition] of Object.entries<unknown>(plugin.config)) {
    if (!isRecord(definition)) continue;
    const { format, ...rest } = definition;
    values.push([`config.${key}`, rest]);
    if (Array.isArray(format)) values.push([`config.${key}.format`, format]);
  }
  for (const [path, value] of values) {
    for (const found of notJson(value, path)) yield problem('AUTHORING_VALUE_NOT_JSON', found);
  }
}

function* configProblems(plugin: Plugin): Generator<Problem> {
  const readers = new Map<string, string[]>();
  for (const [key, definition] of Object.entries<ConfigKey>(plugin.config)) {
    if (!isRecord(definition)) continue;
    const { sensitive, env, aliases = [] } = definition;
    if (sensitive && !isEmpty(definition.default)) yield problem('AUTHORING_SECRET_DEFAULT', { key });
    for (const variable of new Set([env ?? [], aliases].flat())) {
      readers.set(variable, [...(readers.get(variable) ?? []), key]);
    }
  }
  for (const [variable, keys] of readers) {
    if (keys.length > 1) yield problem('AUTHORING_VARIABLE_SHARED', { variable, keys });
  }
}

function isEmpty(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** The planner knows which values each format takes: with nothing configured, only the defaults can be wrong. */
async function defaultProblems(plugin: Plugin): Promise<readonly Problem[]> {
  const { plan } = await planManifest({
    manifest: { tier: 'build', plugins: { [plugin.name]: { use: plugin.name } } },
    plugins: [plugin],
    environment: {},
  });
  return plan.problems.filter(({ code }) => code === 'KERNEL_CONFIG_WRONG');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
