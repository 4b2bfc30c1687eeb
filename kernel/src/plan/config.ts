import path from 'node:path';
import type convict from 'convict';
import { libraries } from '../libraries.js';
import type { Manifest, PluginEntry } from '../manifest/manifest.js';
import { parseFlag, variableOf } from '../manifest/when.js';
import { isRecord, REMOVED, show } from '../manifest/yaml-tree.js';
import { nearest } from '../nearest.js';
import type { ConfigFormat, ConfigKey, ConfigSchema } from '../plugin/config-schema.js';
import { type FillSources, fillIn } from './fill-in.js';
import type { Problem } from './problem.js';
import { problem } from './problems.js';

/** Where the value of a key comes from; `file`: the manifest refers to one, so it counts as a secret. */
export type ConfigSource = 'default' | 'manifest' | 'file' | 'environment';

/** The configuration of one plugin: defaults < manifest < environment. */
export interface ResolvedConfig {
  readonly values: Readonly<Record<string, unknown>>;
  readonly sources: Readonly<Record<string, ConfigSource>>;
  readonly problems: readonly Problem[];
  /** Things that work but should be changed, such as an old name of a variable. */
  readonly warnings: readonly string[];
}

/** A value that a format accepts, or what is wrong with it. */
type Reading = { readonly value: unknown } | { readonly finding: string };

export function resolveConfig(
  entry: PluginEntry,
  schema: ConfigSchema,
  fill: FillSources,
  manifest: Pick<Manifest, 'at'>,
): ResolvedConfig {
  const keys = Object.keys(schema);
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const values: Record<string, unknown> = {};
  const sources: Record<string, ConfigSource> = {};
  const wrong = (key: string, source: string, finding: string, at?: Problem['at']) => {
    const doc = schema[key]?.doc.replace(/\.$/, '') ?? '';
    problems.push(problem('KERNEL_CONFIG_WRONG', { plugin: entry.key, key, source, finding, doc }, { at }));
  };

  for (const [key, raw] of Object.entries(entry.config)) {
    const at = manifest.at('plugins', entry.key, 'config', key);
    const definition = Object.hasOwn(schema, key) ? schema[key] : undefined;
    if (!definition) {
      const near = nearest(key, keys);
      problems.push(problem('KERNEL_CONFIG_UNKNOWN', { plugin: entry.key, key, known: keys, near }, { at }));
      continue;
    }
    if (raw === undefined || raw === REMOVED) continue;
    const filled = fillIn(raw, fill);
    for (const finding of filled.findings) wrong(key, 'manifest', finding, at);
    if (filled.findings.length > 0) continue;
    const shown = filled.isSecret ? { ...definition, sensitive: true } : definition;
    const reading = filled.isText ? readText(shown, String(filled.value)) : readValue(shown, filled.value);
    sources[key] = filled.isSecret ? 'file' : 'manifest';
    if ('finding' in reading) wrong(key, 'manifest', reading.finding, at);
    else values[key] = reading.value;
  }

  for (const [key, definition] of Object.entries(schema)) {
    const variable = readVariable(entry.key, key, definition, fill, problems, warnings);
    if (!variable) continue;
    const reading = 'finding' in variable ? variable : readText(definition, variable.text);
    sources[key] = 'environment';
    if ('finding' in reading) wrong(key, `environment variable ${variable.name}`, reading.finding);
    else values[key] = reading.value;
  }

  for (const [key, definition] of Object.entries(schema)) {
    if (Object.hasOwn(values, key)) continue;
    sources[key] = 'default';
    const reading = readValue(definition, definition.default);
    if ('finding' in reading) wrong(key, 'default of the plugin', reading.finding);
    else values[key] = reading.value;
  }

  if (problems.length > 0) return { values: {}, sources: {}, problems, warnings };
  return { values: Object.freeze(convicted(schema, values)), sources, problems, warnings };
}

/**
 * Copies the values through convict, which proves once more that each fits its key. They go in as defaults, because
 * the checks above have already laid them over each other. What has a dot in a key passes by: convict takes it for a path.
 */
function convicted(schema: ConfigSchema, values: Record<string, unknown>): Record<string, unknown> {
  if (Object.keys(schema).length === 0) return {};
  const definitions: Record<string, convict.SchemaObj> = {};
  const records: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(schema)) {
    if (definition.format === 'record' || key.includes('.')) {
      records[key] = values[key];
      continue;
    }
    definitions[key] = {
      doc: definition.doc,
      default: values[key],
      sensitive: definition.sensitive ?? false,
      format: (value: unknown) => {
        const reading = readValue(definition, value);
        if ('finding' in reading) throw new TypeError(reading.finding);
      },
    };
  }
  const config = libraries.convict(definitions, { env: {}, args: [] });
  config.validate({ allowed: 'strict' });
  return { ...config.getProperties(), ...records };
}

/**
 * Finds the variable of a key. Old names count, with a warning; the present name wins; an empty text is "not set". The value
 * of a sensitive key may also stand in the file that `NAME_FILE` names.
 */
function readVariable(
  plugin: string,
  key: string,
  { env: canonical, aliases = [], sensitive = false }: ConfigKey,
  { environment, files }: FillSources,
  problems: Problem[],
  warnings: string[],
):
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly finding: string }
  | undefined {
  if (canonical === undefined) return undefined;
  const textOf = (name: string) => (variableOf(environment, name) ?? '').trim();
  const old = aliases.filter((alias) => textOf(alias) !== '');
  for (const alias of old) warnings.push(`Environment variable ${alias} is now called ${canonical}.`);
  const fileVariable = `${canonical}_FILE`;
  const file = sensitive ? textOf(fileVariable) : '';
  if (textOf(canonical) !== '' && file !== '') {
    const variables = [canonical, fileVariable];
    problems.push(problem('KERNEL_CONFIG_ALIAS_CONFLICT', { plugin, key, variables, canonical }));
    return undefined;
  }
  if (textOf(canonical) !== '') return { name: canonical, text: textOf(canonical) };
  if (file !== '') {
    const read = files.get(path.resolve(file)) ?? { finding: 'it was not read' };
    if ('text' in read) return { name: fileVariable, text: read.text };
    return { name: fileVariable, finding: `file ${file} cannot be used: ${read.finding}` };
  }
  if (new Set(old.map(textOf)).size > 1) {
    problems.push(problem('KERNEL_CONFIG_ALIAS_CONFLICT', { plugin, key, variables: old, canonical }));
    return undefined;
  }
  const [name] = old;
  return name === undefined ? undefined : { name, text: textOf(name) };
}

/** Reads text from the environment: the whole text must be the value. */
function readText(definition: ConfigKey, text: string): Reading {
  const { format } = definition;
  if (format === Boolean) return readValue(definition, parseFlag(text) ?? text);
  if (format === 'list') {
    return readValue(
      definition,
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );
  }
  if (format === 'record') {
    try {
      return readValue(definition, JSON.parse(text));
    } catch {
      return { finding: 'it is not JSON' };
    }
  }
  const isNumber =
    format === Number || (typeof format === 'string' && ['int', 'nat', 'port', 'fraction'].includes(format));
  const isNumberText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  if (isNumber) return readValue(definition, isNumberText ? Number(text) : text);
  if (Array.isArray(format)) {
    return readValue(definition, isNumberText && format.includes(Number(text)) ? Number(text) : text);
  }
  return readValue(definition, text);
}

const numberRules = new Map<
  ConfigFormat,
  { readonly name: string; readonly fits: (value: number) => boolean }
>([
  [Number, { name: 'a number', fits: Number.isFinite }],
  ['int', { name: 'a whole number', fits: Number.isSafeInteger }],
  ['nat', { name: 'a whole number from 0', fits: (value) => Number.isSafeInteger(value) && value >= 0 }],
  [
    'port',
    {
      name: 'a port from 0 to 65535',
      fits: (value) => Number.isInteger(value) && value >= 0 && value <= 65_535,
    },
  ],
  ['fraction', { name: 'a number from 0 to 1', fits: (value) => value >= 0 && value <= 1 }],
]);

/** Checks a value against its format. A finding never shows the value of a sensitive key. */
function readValue(definition: ConfigKey, value: unknown): Reading {
  const { format } = definition;
  const refuse = (expected: string): Reading => ({
    finding: `${definition.sensitive ? 'the value' : show(value)} is not ${expected}`,
  });

  const number = numberRules.get(format);
  if (number) {
    const { min = -Infinity, max = Infinity } = definition;
    if (typeof value !== 'number' || !number.fits(value)) return refuse(number.name);
    if (value < min || value > max) {
      const bounds = [
        min === -Infinity ? [] : [`at least ${min}`],
        max === Infinity ? [] : [`at most ${max}`],
      ];
      return refuse(bounds.flat().join(' and '));
    }
    return { value };
  }
  if (Array.isArray(format)) {
    return format.includes(value)
      ? { value }
      : refuse(`one of ${format.map((choice) => JSON.stringify(choice)).join(', ')}`);
  }
  if (format === Boolean) return typeof value === 'boolean' ? { value } : refuse('true or false');
  if (format === 'list') {
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
    return isList ? { value } : refuse('a list of texts');
  }
  if (format === 'record') return isRecord(value) ? { value: plain(value) } : refuse('a map');
  if (typeof value !== 'string') return refuse('a text (put it in quotes)');
  if (format === 'url' && value !== '' && !isHttpUrl(value))
    return refuse('a URL that starts with http:// or https://');
  return { value };
}

/** Takes the marks of `null` out of a value that a plugin gets to see. */
function plain(value: unknown): unknown {
  if (value === REMOVED || value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
