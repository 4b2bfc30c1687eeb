import { readShape, type Shape, schemaOf } from '../manifest/shape.js';
import type { ConfigFormat, ConfigKey } from './config-schema.js';
import type { PluginDeclaration } from './declaration.js';

/** Stands next to `package.json`; written by `tiercel plugin build`, read instead of the plugin's code. */
export const pluginFileName = 'tiercel.plugin.json';

const formatNames = ['int', 'nat', 'port', 'fraction', 'path', 'url', 'list', 'record'] as const;
const constructors = { text: String, number: Number, flag: Boolean } as const;

const methods: Shape = {
  is: 'entries',
  doc: 'How each member crosses a process border.',
  of: { is: 'choice', of: ['unary', 'stream-out', 'stream-in', 'duplex', 'notify', 'fact', 'local'] },
};

const configKey: Shape = {
  is: 'record',
  name: 'configuration key *',
  keys: {
    doc: { is: 'text', isNeeded: true },
    format: {
      is: 'either',
      isNeeded: true,
      expected: 'the name of a format or a list of values',
      of: [
        { is: 'choice', of: [...Object.keys(constructors), ...formatNames] },
        { is: 'list', of: { is: 'any' }, expected: 'a list of values' },
      ],
    },
    default: { is: 'any', isNeeded: true },
    min: { is: 'any' },
    max: { is: 'any' },
    env: { is: 'text' },
    names: { is: 'text' },
    aliases: { is: 'list', of: { is: 'text' }, expected: 'a list of names' },
    sensitive: { is: 'flag' },
  },
};

const pluginFile: Shape = {
  is: 'record',
  name: 'a plugin declaration',
  doc: 'What a Tiercel plugin provides, requires and can be configured with.',
  keys: {
    $schema: { is: 'text' },
    name: { is: 'text', isNeeded: true, doc: 'npm name of the package.' },
    version: { is: 'text', isNeeded: true, doc: 'Version of the package (semver).' },
    provides: {
      is: 'entries',
      isNeeded: true,
      doc: 'Providers that setup returns, by key.',
      of: {
        is: 'record',
        name: 'provider *',
        keys: {
          capability: { is: 'text', isNeeded: true },
          version: { is: 'text', isNeeded: true, doc: 'Version of the contract.' },
          composes: { is: 'flag', isNeeded: true, doc: 'Whether several providers can act as one.' },
          features: { is: 'map', isNeeded: true },
          methods: { ...methods, isNeeded: true },
        },
      },
    },
    requires: {
      is: 'entries',
      isNeeded: true,
      doc: 'What setup receives, by key.',
      of: {
        is: 'record',
        name: 'requirement *',
        keys: {
          kind: { is: 'choice', isNeeded: true, of: ['one', 'optional', 'many', 'lazy'] },
          capability: { is: 'text', isNeeded: true },
          version: { is: 'text', isNeeded: true, doc: 'Accepted versions of the contract (semver range).' },
          methods: { ...methods, isNeeded: true },
        },
      },
    },
    config: { is: 'entries', isNeeded: true, of: configKey },
    needs: { is: 'map', isNeeded: true, doc: 'What the plugin takes from its machine.' },
  },
};

/** JSON Schema of the file, for editors and other tools. */
export const pluginFileSchema = () => schemaOf(pluginFile);

type Named<T, K extends string> = Readonly<Record<string, Omit<T, K>>>;

/** The content of a plugin file. */
export interface PluginFile
  extends Readonly<{
    name: string;
    version: string;
    provides: Named<PluginDeclaration['provides'][number], 'provider'>;
    requires: Named<PluginDeclaration['requires'][number], 'dep'>;
    config: Readonly<Record<string, Omit<ConfigKey, 'format'> & { readonly format: unknown }>>;
    needs: PluginDeclaration['needs'];
  }> {}

/** A declaration as JSON data, in the order in which it was written. */
export function pluginFileOf(declaration: PluginDeclaration): PluginFile {
  const { name, version, provides, requires, config, needs } = declaration;
  const file = {
    name,
    version,
    provides: Object.fromEntries(provides.map(({ provider, ...rest }) => [provider, rest])),
    requires: Object.fromEntries(requires.map(({ dep, ...rest }) => [dep, rest])),
    config: Object.fromEntries(
      Object.entries(config).map(([key, { format, ...rest }]) => [key, { ...rest, format: nameOf(format) }]),
    ),
    needs,
  };
  // What JSON cannot hold, such as an absent value, is not part of a declaration.
  return JSON.parse(JSON.stringify(file));
}

/** Reads the text of a plugin file; says all that is wrong with it. */
export function parsePluginFile(
  text: string,
): { readonly declaration: PluginDeclaration } | { readonly findings: readonly string[] } {
  const findings: string[] = [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { findings: ['it is not JSON'] };
  }
  const pathOf = (path: readonly (string | number)[]) => (path.length === 0 ? 'it' : path.join('.'));
  const read = readShape(pluginFile, value, {
    wrong: (path, expected, found) => findings.push(`${pathOf(path)} is ${found}, not ${expected}`),
    unknown: (path) => findings.push(`${pathOf(path)} is not a key of it`),
  });
  if (findings.length > 0) return { findings };
  // Checked by its shape just now.
  return { declaration: readPluginFile(read as PluginFile) };
}

/** The declaration in the content of a plugin file that is known to be sound. */
export function readPluginFile({
  name,
  version,
  provides,
  requires,
  config,
  needs,
}: PluginFile): PluginDeclaration {
  return {
    name,
    version,
    provides: Object.entries(provides).map(([provider, rest]) => ({ provider, ...rest })),
    requires: Object.entries(requires).map(([dep, rest]) => ({ dep, ...rest })),
    config: Object.fromEntries(
      Object.entries(config).map(([key, { format, ...rest }]) => [
        key,
        { ...rest, format: formatOf(format) } as ConfigKey,
      ]),
    ),
    needs,
  };
}

/** Paths at which two declarations differ, such as `config.port.default`; empty when they say the same. */
export function differingPaths(one: PluginDeclaration, other: PluginDeclaration): readonly string[] {
  const paths: string[] = [];
  const compare = (a: unknown, b: unknown, path: string) => {
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      if (a !== b) paths.push(path);
      return;
    }
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const inner = (from: object) => (from as Record<string, unknown>)[key];
      compare(inner(a), inner(b), path === '' ? key : `${path}.${key}`);
    }
  };
  compare(pluginFileOf(one), pluginFileOf(other), '');
  return paths;
}

function nameOf(format: ConfigFormat): unknown {
  const found = Object.entries(constructors).find(([, type]) => type === format);
  return found?.[0] ?? format;
}

function formatOf(name: unknown): ConfigFormat {
  return Object.hasOwn(constructors, String(name))
    ? constructors[name as keyof typeof constructors]
    : (name as ConfigFormat);
}
