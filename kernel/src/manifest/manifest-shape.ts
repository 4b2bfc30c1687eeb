import { libraries } from '../libraries.js';
import type { Problem } from '../plan/problem.js';
import { problem } from '../plan/problems.js';
import type { Device, Manifest, PluginEntry } from './manifest.js';
import { readShape as read, type Shape, schemaOf } from './shape.js';
import { type LocatedTree, type Path, REMOVED, UNREADABLE } from './yaml-tree.js';

const versionRange: Shape = {
  is: 'either',
  doc: 'Accepted versions of the package (semver range).',
  expected: 'a version range such as ^1.2',
  of: [{ is: 'text' }, { is: 'count' }],
};

const bootMode: Shape = {
  is: 'choice',
  of: ['required', 'degrade'],
  doc: 'required: the node does not start without it. degrade: it does, and says what is missing.',
};

const device: Shape = {
  is: 'record',
  name: '"device"',
  doc: 'The machine that this deployment is meant for; the plan checks that everything fits on it.',
  keys: {
    cores: { is: 'count', doc: 'CPU cores.' },
    memoryMiB: { is: 'count', doc: 'Memory in MiB.' },
    diskMiB: { is: 'count', doc: 'Free disk space in MiB.' },
    accelerator: { is: 'text', doc: 'Kind of accelerator, such as cuda, vulkan or metal.' },
  },
};

const entry: Shape = {
  is: 'record',
  name: 'plugin *',
  doc: 'How a plugin runs on this node. null takes away what a manifest below brought in.',
  keys: {
    use: {
      is: 'text',
      doc: 'npm package, or path of a module beginning with ./ or /. Default: @tiercel/ and the key.',
    },
    version: versionRange,
    when: {
      is: 'either',
      doc: "Expression over environment variables, such as RUN_LOCAL && ROLE != 'edge'. Default: always.",
      expected: 'a text',
      of: [{ is: 'flag' }, { is: 'text' }],
    },
    placement: {
      is: 'choice',
      of: ['inline', 'process'],
      doc: 'inline: in this process (default). process: in a supervised child.',
    },
    boot: {
      is: 'either',
      doc: 'Whether the node starts without it, and how long its setup may take.',
      expected: '"required" or "degrade"',
      of: [
        bootMode,
        {
          is: 'record',
          name: '"boot"',
          keys: { mode: bootMode, timeoutMs: { is: 'count', doc: 'Longest setup. Default: 60000.' } },
        },
      ],
    },
    config: {
      is: 'map',
      doc:
        'Values for the configuration keys of the plugin; $' +
        '{env:NAME} and $' +
        '{file:PATH} are filled in.',
    },
  },
};

const manifestShape: Shape = {
  is: 'record',
  name: 'a tier manifest',
  doc: 'Which plugins a Tiercel node runs.',
  keys: {
    extends: {
      is: 'any',
      schema: { type: 'string' },
      doc: 'A manifest below this one: a path, or a file of a package (@acme/tiers/small.yaml).',
    },
    tier: { is: 'text', isNeeded: true, doc: 'Name of this deployment.' },
    title: { is: 'text', doc: 'A line about it.' },
    device,
    requires: {
      is: 'list',
      of: { is: 'text' },
      expected: 'a list of names',
      doc: 'Capabilities that this deployment promises, each with an optional @range.',
    },
    plugins: {
      is: 'entries',
      of: entry,
      isNeeded: true,
      expected: 'a map of plugins',
      doc: 'Plugins by name.',
    },
    bind: {
      is: 'entries',
      doc: 'Capability: the plugin, or plugins in order, that serve it.',
      of: {
        is: 'either',
        expected: 'the name of a plugin',
        of: [{ is: 'text' }, { is: 'list', of: { is: 'text' }, expected: 'a list of names' }],
      },
    },
  },
};

/** JSON Schema of a tier manifest, made from the description that the checks use. */
export const manifestSchema = (): Readonly<Record<string, unknown>> => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...schemaOf(manifestShape),
  title: 'Tiercel tier manifest',
});

const defaultTimeoutMs = 60_000;

/** What the shape leaves of one entry. */
interface RawEntry {
  readonly use?: string;
  readonly version?: string | number;
  readonly when?: string | boolean;
  readonly placement?: 'inline' | 'process';
  readonly boot?: PluginEntry['boot'] | { readonly mode?: PluginEntry['boot']; readonly timeoutMs?: number };
  readonly config?: Readonly<Record<string, unknown>>;
}

interface RawManifest {
  readonly tier?: string;
  readonly title?: string;
  readonly device?: Device;
  readonly requires?: readonly string[];
  readonly plugins?: Readonly<Record<string, RawEntry | undefined>>;
  readonly bind?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Turns a merged tree into a manifest, and reports every value that has the wrong shape. */
export function readManifestShape(from: {
  readonly tree: LocatedTree;
  readonly source: string;
  readonly directory: string;
  readonly problems: readonly Problem[];
}): Manifest {
  const { tree, source, directory } = from;
  const problems = [...from.problems];
  const isReadable = tree.value !== UNREADABLE;
  const wrong = (path: Path, expected: string, found: string) => {
    const name = path.length === 0 ? 'The manifest' : path.join('.');
    const details = { path: name, expected, found };
    if (isReadable) problems.push(problem('KERNEL_VALUE_WRONG', details, { at: tree.at(path) }));
  };
  const raw = (read(manifestShape, isReadable ? (tree.value ?? {}) : { plugins: {}, tier: '-' }, {
    wrong,
    unknown: (path, within, known, near) => {
      const details = { key: String(path.at(-1)), within, known, near };
      problems.push(problem('KERNEL_KEY_UNKNOWN', details, { at: tree.at(path) }));
    },
  }) ?? {}) as RawManifest; // Only what fits the shape is left.
  const bind = Object.entries(raw.bind ?? {}).map(([capability, names]): [string, readonly string[]] => {
    const list = typeof names === 'string' ? [names] : (names ?? []);
    if (list.length === 0 && isEmptyValue(tree, ['bind', capability])) {
      wrong(['bind', capability], 'the name of a plugin', names ? 'a list' : 'missing');
    }
    return [capability, [...new Set(list)]];
  });
  return {
    tier: isReadable ? (raw.tier ?? 'unnamed') : 'unnamed',
    title: raw.title,
    device: raw.device ?? {},
    requires: raw.requires ?? [],
    plugins: new Map(
      Object.entries(raw.plugins ?? {}).map(([key, value]) => [key, entryOf(key, value ?? {}, wrong)]),
    ),
    bind: new Map(bind.filter(([, names]) => names.length > 0)),
    source,
    directory,
    problems,
    at: (...path) => tree.at(path),
  };
}

/** Whether nothing, or an empty list, was written there, as opposed to something that was refused. */
function isEmptyValue(tree: LocatedTree, path: Path): boolean {
  let value: unknown = tree.value;
  for (const key of path) value = (Object(value) as Record<string | number, unknown>)[key];
  return value === undefined || value === REMOVED || (Array.isArray(value) && value.length === 0);
}

function entryOf(
  key: string,
  raw: RawEntry,
  wrong: (path: Path, expected: string, found: string) => void,
): PluginEntry {
  const { use = `@tiercel/${key}`, when, placement = 'inline', boot = 'required', config = {} } = raw;
  // YAML reads `version: 2` as a number; as text it is what was meant.
  const version = raw.version === undefined ? undefined : String(raw.version);
  const isRange = version === undefined || libraries.semver.validRange(version) !== null;
  if (!isRange) wrong(['plugins', key, 'version'], 'a version range such as ^1.2', JSON.stringify(version));
  const { mode = 'required', timeoutMs = defaultTimeoutMs } =
    typeof boot === 'string' ? { mode: boot } : boot;
  return {
    key,
    use,
    version: isRange ? version : undefined,
    when: typeof when === 'boolean' ? (when ? "'' == ''" : "'' != ''") : when,
    placement,
    boot: mode,
    timeoutMs,
    config,
  };
}
