import type { Position } from './manifest.js';
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
  KERNEL_PLUGIN_UNKNOWN: (d: { plugin: string; use: string; near?: string | undefined }) => ({
    message: `Plugin ${d.plugin}: the package ${d.use} is not installed.${perhaps(d.near)}`,
    fix:
      d.near === undefined
        ? `Run "npm install ${d.use}", correct the name, or remove the plugin.`
        : `Write "${d.near}", or run "npm install ${d.use}" if that is another package.`,
  }),
  KERNEL_PLUGIN_BROKEN: (d: { plugin: string; use: string; finding: string }) => ({
    message: `Plugin ${d.plugin}: ${d.use} cannot be loaded: ${d.finding}.`,
    fix: 'A plugin package has one default export, made by definePlugin(). Mend or reinstall the package.',
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
  KERNEL_PLACEMENT_UNSUPPORTED: (d: { plugin: string; placement: string }) => ({
    message: `Plugin ${d.plugin} asks for placement "${d.placement}", which this version cannot do.`,
    fix: 'Remove "placement", so that it runs inline.',
  }),
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

/** The closest known word, if it is close enough to be a typing mistake (Damerau–Levenshtein distance ≤ 2, or 3 for long words). */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = word.length > 8 ? 4 : 3;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1);
      }
      row.push(distance);
    }
    [beforePrevious, previous] = [previous, row];
  }
  return previous[b.length] ?? 0;
}
