import type { Position } from '../manifest/manifest.js';
import type { Fit } from './device-fit.js';
import type { Problem } from './problem.js';

interface ProblemText {
  readonly message: string;
  readonly fix: string;
}

const list = (names: readonly string[]) => names.join(', ');
const perhaps = (near: string | undefined) => (near === undefined ? '' : ` Did you mean "${near}"?`);

/** What can be wrong with a manifest or the plan made from it. Every text says what, and every fix what to do next. */
export const problemCatalogue = {
  KERNEL_YAML_INVALID: (d: { finding: string }) => ({
    message: `This is not valid YAML: ${d.finding}`,
    fix: 'Mend the indentation, quotes, brackets or keys here.',
  }),
  KERNEL_KEY_UNKNOWN: (d: {
    key: string;
    within: string;
    known: readonly string[];
    near?: string | undefined;
  }) => ({
    message: `"${d.key}" is not a key of ${d.within}.${perhaps(d.near)}`,
    fix: `Use one of ${list(d.known)}, or remove the line.`,
  }),
  KERNEL_VALUE_WRONG: (d: { path: string; expected: string; found: string }) => ({
    message: `${d.path} is ${d.found}, and ${d.expected} is expected.`,
    fix: `Write ${d.expected} here.`,
  }),
  KERNEL_EXTENDS_INVALID: (d: { target: string; finding: string }) => ({
    message: `extends: ${d.target} cannot be used: ${d.finding}.`,
    fix: 'Name a manifest file relative to this one, or one in a package such as @tiercel/tiers/mid.yaml.',
  }),
  KERNEL_WHEN_INVALID: (d: { plugin: string; finding: string }) => ({
    message: `The "when" of ${d.plugin} cannot be decided: ${d.finding}.`,
    fix: "Write variable names with ! && || ( ) and comparisons such as NODE_ROLE == 'edge'; flags are true or false.",
  }),
  KERNEL_PLUGIN_UNKNOWN: (d: {
    plugin: string;
    use: string;
    wanted?: string | undefined;
    near?: string | undefined;
  }) => {
    if (/^[./]/.test(d.use)) {
      return {
        message: `Plugin ${d.plugin}: there is no module ${d.use}.`,
        fix: 'Correct the path, build the module, or remove the plugin.',
      };
    }
    const install = `"npm install ${d.wanted === undefined ? d.use : `'${d.use}@${d.wanted}'`}"`;
    return {
      message: `Plugin ${d.plugin}: the package ${d.use} is not installed.${perhaps(d.near)}`,
      fix:
        d.near === undefined
          ? `Run ${install}, correct the name, or remove the plugin.`
          : `Write "${d.near}", or run ${install} if that is another package.`,
    };
  },
  KERNEL_PLUGIN_UNDECLARED: (d: { plugin: string; use: string; build: string }) => ({
    message: `Plugin ${d.plugin}: ${d.use} is here, but nothing says what it provides and requires.`,
    fix: `Run "npx tiercel plugin build ${d.build}", or update the package to one that carries its declaration.`,
  }),
  KERNEL_PLUGIN_BROKEN: (d: { plugin: string; use: string; finding: string }) => ({
    message: `Plugin ${d.plugin}: what ${d.use} declares cannot be used: ${d.finding}.`,
    fix: 'Mend or reinstall the package; "npx tiercel plugin build" writes its declaration anew.',
  }),
  KERNEL_PLUGIN_VERSION: (d: { plugin: string; use: string; installed: string; wanted: string }) => ({
    message: `Plugin ${d.plugin}: ${d.use} is installed in version ${d.installed}, and the manifest wants ${d.wanted}.`,
    fix: `Run "npm install ${d.use}@${d.wanted}", or change "version".`,
  }),
  KERNEL_CAPABILITY_MISSING: (d: { capability: string; wantedBy: string }) => ({
    message: `${d.wantedBy} needs ${d.capability}, and no listed plugin provides it.`,
    fix: `Add a plugin that provides ${d.capability} to "plugins".`,
  }),
  KERNEL_CAPABILITY_VERSION: (d: {
    capability: string;
    wantedBy: string;
    range: string;
    found: readonly string[];
  }) => ({
    message: `${d.wantedBy} needs version ${d.range} of ${d.capability}, and only ${list(d.found)} is here.`,
    fix: 'Update the older of the two packages, so that both use the same major version of the contract.',
  }),
  KERNEL_CAPABILITY_AMBIGUOUS: (d: {
    capability: string;
    wantedBy: string;
    candidates: readonly string[];
  }) => ({
    message: `${d.wantedBy} needs one ${d.capability}, and ${list(d.candidates)} all provide it.`,
    fix: `Add "bind: { ${d.capability}: ${d.candidates[0]} }", or remove the others.`,
  }),
  KERNEL_BIND_UNKNOWN: (d: {
    capability: string;
    plugin: string;
    candidates: readonly string[];
    near?: string | undefined;
  }) => ({
    message: `bind: ${d.capability} names ${d.plugin}, which is not a listed plugin that provides it.${perhaps(d.near)}`,
    fix:
      d.candidates.length > 0
        ? `Name one of ${list(d.candidates)}.`
        : 'Add a plugin that provides it, or remove this binding.',
  }),
  KERNEL_BIND_COMPOSE: (d: { capability: string; plugins: readonly string[] }) => ({
    message: `bind: ${d.capability} lists ${list(d.plugins)}, but this capability cannot make several providers act as one.`,
    fix: 'Name a single plugin.',
  }),
  KERNEL_CYCLE: (d: { cycle: readonly string[]; edge: string }) => ({
    message: `These plugins wait for each other: ${d.cycle.join(' → ')}.`,
    fix: `Make one of these requirements lazy(), for example ${d.edge}.`,
  }),
  KERNEL_CONFIG_UNKNOWN: (d: {
    plugin: string;
    key: string;
    known: readonly string[];
    near?: string | undefined;
  }) => ({
    message: `Plugin ${d.plugin} has no configuration key "${d.key}".${perhaps(d.near)}`,
    fix: d.known.length > 0 ? `Use one of ${list(d.known)}.` : 'It takes no configuration: remove "config".',
  }),
  KERNEL_CONFIG_WRONG: (d: {
    plugin: string;
    key: string;
    source: string;
    finding: string;
    doc: string;
  }) => ({
    message: `Plugin ${d.plugin}, ${d.key} (from ${d.source}): ${d.finding}.`,
    fix: `${d.doc}. Correct the value in the ${d.source}.`,
  }),
  KERNEL_CONFIG_ALIAS_CONFLICT: (d: {
    plugin: string;
    key: string;
    variables: readonly string[];
    canonical: string;
  }) => ({
    message: `Plugin ${d.plugin}, ${d.key}: ${list(d.variables)} have different values.`,
    fix: `Set ${d.canonical} only.`,
  }),
  KERNEL_PLACEMENT_UNKNOWN: (d: { plugin: string; placement: string }) => ({
    message: `Plugin ${d.plugin} asks for placement "${d.placement}", and the package @tiercel/placement-${d.placement} is not installed.`,
    fix: `Run "npm install @tiercel/placement-${d.placement}", or remove "placement", so that it runs inline.`,
  }),
  KERNEL_PLACEMENT_IMPOSSIBLE: (d: { plugin: string; placement: string; finding: string }) => ({
    message: `Plugin ${d.plugin} cannot run in placement "${d.placement}": ${d.finding}.`,
    fix: 'Remove "placement", or name the package of that plugin under "use" instead of handing an object over.',
  }),
  KERNEL_DEVICE_TOO_SMALL: (d: Fit) => {
    const who = list(d.by.map(({ plugin }) => plugin));
    if (d.resource === 'accelerator') {
      return {
        message: `The ${d.against} has no accelerator of the kind that ${who} needs.`,
        fix: 'Leave it out, use a plugin that does without, or name the accelerator under "device".',
      };
    }
    const amount = (value: number) => {
      return `${value.toLocaleString('en')} ${value === 1 && d.unit === 'cores' ? 'core' : d.unit}`;
    };
    const needed = `${amount(d.needed)}${d.resource === 'cores' ? '' : ` of ${d.resource}`}`;
    const most = d.by.slice(0, 3).map(({ plugin, amount: taken }) => `${plugin} (${amount(taken)})`);
    return {
      message: `The plugins need ${needed}, and the ${d.against} has ${amount(d.available)}: ${amount(-d.spare)} too little.`,
      fix: `Leave out or replace what takes most: ${list(most)}.`,
    };
  },
  KERNEL_NOTHING_PROMISED: (d: { capability: string }) => ({
    message: `"requires" promises ${d.capability}, and no listed plugin provides it.`,
    fix: `Add a plugin that provides ${d.capability}, or take the promise back.`,
  }),
} satisfies Record<string, (details: never) => ProblemText>;

export type ProblemCode = keyof typeof problemCatalogue;

/** Makes one problem from the catalogue. */
export function problem<C extends ProblemCode>(
  code: C,
  details: Parameters<(typeof problemCatalogue)[C]>[0],
  extra: {
    readonly at?: Position | undefined;
    readonly chain?: readonly string[];
    readonly excluded?: Problem['excluded'];
  } = {},
): Problem {
  const write = problemCatalogue[code] as (details: unknown) => ProblemText;
  return { code, ...write(details), ...extra };
}
