/** Draws sound deployments that use everything a manifest can say. */
import type { Choices } from './choices.test.support.js';
import {
  type Contract,
  contractVersions,
  type Deployment,
  type Entry,
  type Key,
  type Package,
  ranges,
  type Setting,
  type Want,
} from './deployment.test.support.js';
import { faultsOf, isWanted, neededBy, offersOf, serve, waitsFor } from './oracle.test.support.js';
import { formatSamples } from './values.test.support.js';

export interface DeploymentSize {
  readonly entries: number;
  readonly layers: number;
}

/** A number of bytes that is enough for nearly all deployments of this size; the rest of the others is plain. */
export const bytesFor = ({ entries }: DeploymentSize) => 40 + entries * 60;

export function drawDeployment(choices: Choices, size: DeploymentSize): Deployment {
  const contracts = Array.from({ length: 1 + choices.below(5) }, (_, index): Contract => {
    return { id: `c${index}`, composes: choices.oneIn(2), isLocal: choices.oneIn(4) };
  });
  const environment: Record<string, string> = { ON: 'yes', OFF: '0', ROLE: 'edge', EMPTY: '' };
  const files = new Map<string, string>();
  const layers = 1 + choices.below(size.layers);
  const packages: Package[] = [];
  const entries = Array.from({ length: choices.below(size.entries + 1) }, (_, index): Entry => {
    // Now and then two entries are of one package.
    const isTwin = packages.length > 0 && choices.oneIn(8);
    const of = isTwin
      ? choices.pick(packages)
      : drawPackage(choices, `p${index}`, contracts, environment, files);
    if (!isTwin) packages.push(of);
    return drawEntry(choices, `p${index}`, of, layers, environment, files);
  });
  const deployment: Deployment = {
    contracts,
    entries: choices.shuffled(entries).toSorted((a, b) => a.layer - b.layer),
    bind: new Map(),
    promises: [],
    device: {},
    environment,
    files,
    placements: new Map(choices.oneIn(2) ? [['process', '/nowhere/placement.js']] : []),
    layers,
  };
  for (const contract of contracts) drawBinding(choices, deployment, contract);
  for (const of of packages) drawWants(choices, deployment, of, entries);
  for (const contract of choices.some(contracts)) {
    const range = choices.oneIn(2) ? choices.pick(Object.keys(ranges)) : undefined;
    deployment.promises.push({ id: contract.id, range });
    if (faultsOf(deployment).length > 0) deployment.promises.pop();
  }
  for (const entry of entries) {
    if (!choices.oneIn(3) || !deployment.placements.has('process')) continue;
    entry.placement = 'process';
    if (faultsOf(deployment).length > 0) entry.placement = choices.pick([undefined, 'inline']);
  }
  drawDevice(choices, deployment);
  return deployment;
}

function drawPackage(
  choices: Choices,
  key: string,
  contracts: readonly Contract[],
  environment: Record<string, string>,
  files: Map<string, string>,
): Package {
  const keys = Array.from({ length: choices.below(4) }, (_, index) =>
    drawKey(choices, `key${index}`, `${key}_KEY${index}`.toUpperCase(), environment, files),
  );
  return {
    name: choices.oneIn(3) ? `@tiercel/${key}` : `@acme/${key}`,
    version: choices.pick(contractVersions),
    source: choices.pick(['given', 'installed', 'catalogue']),
    offers: choices
      .some(contracts, 2)
      .map((contract) => ({ contract, version: choices.pick(contractVersions) })),
    wants: [],
    keys,
    needs: {
      ...(choices.oneIn(2) && { memoryMiB: 1 + choices.below(200) }),
      ...(choices.oneIn(4) && { diskMiB: 1 + choices.below(200) }),
      ...(choices.oneIn(4) && { cores: 1 + choices.below(8) }),
      ...(choices.oneIn(8) && { accelerator: 'loom' }),
    },
  };
}

function drawKey(
  choices: Choices,
  name: string,
  variable: string,
  environment: Record<string, string>,
  files: Map<string, string>,
): Key {
  const samples = choices.pick(formatSamples);
  const [fallback] = choices.pick(samples.good);
  const key = {
    name,
    samples,
    fallback,
    variable,
    aliases: choices.some([`OLD_${variable}`, `OLDER_${variable}`]),
    isSensitive: choices.oneIn(4),
  };
  const [value, text] = choices.pick(samples.good);
  if (text === '' || !choices.oneIn(3)) return key;
  if (key.isSensitive && choices.oneIn(2)) {
    environment[`${variable}_FILE`] = `/run/${variable}`;
    files.set(`/run/${variable}`, text);
  } else {
    environment[choices.pick([variable, ...key.aliases])] = choices.oneIn(4) ? ` ${text} ` : text;
  }
  return { ...key, fromEnvironment: value };
}

function drawEntry(
  choices: Choices,
  key: string,
  of: Package,
  layers: number,
  environment: Record<string, string>,
  files: Map<string, string>,
): Entry {
  const accepting = Object.keys(ranges).filter((range) => ranges[range]?.includes(of.version));
  const settings = of.keys.flatMap((definition): [string, Setting][] => {
    if (choices.oneIn(2)) return [];
    return [
      [definition.name, drawSetting(choices, `${key}_${definition.name}`, definition, environment, files)],
    ];
  });
  return {
    key,
    of,
    state: 'here',
    layer: choices.below(layers),
    settings: new Map(settings),
    ...(choices.oneIn(3) && { version: choices.pick(accepting) }),
    ...(choices.oneIn(3) && { when: drawWhen(choices) }),
    ...(choices.oneIn(3) && {
      boot: choices.pick(['required', 'degrade', { mode: 'degrade' }, { timeoutMs: 1_500 }, {}] as const),
    }),
  };
}

function drawSetting(
  choices: Choices,
  name: string,
  { samples }: Key,
  environment: Record<string, string>,
  files: Map<string, string>,
): Setting {
  const { format, good } = samples;
  const [value, text] = choices.pick(good);
  const variable = `FILL_${name}`.toUpperCase();
  const plain: Setting = { doc: value, value };
  switch (choices.below(6)) {
    case 0:
      return { doc: choices.pick([undefined, null]), value: undefined };
    case 1:
      if (text === '') return plain;
      environment[variable] = text;
      return { doc: `\${env:${variable}}`, value };
    case 2:
      return /}/.test(text) ? plain : { doc: `\${env:ABSENT:-${text}}`, value };
    case 3:
      if (format !== String) return plain;
      environment[variable] = 'red';
      files.set(`${name}.txt`, `$& and \${env:ON}`);
      return {
        doc: `\${env:${variable}}, \${file:${name}.txt}, $\${env:ON}, $\{other}`,
        value: `red, $& and \${env:ON}, \${env:ON}, $\{other}`,
        isFromFile: true,
      };
    case 4:
      environment[variable] = 'red';
      if (format === 'list') return { doc: [`\${env:${variable}}`, 'b'], value: ['red', 'b'] };
      if (format === 'record') return { doc: { a: [`\${env:${variable}}`] }, value: { a: ['red'] } };
      return plain;
    default:
      return plain;
  }
}

/** An expression and whether it holds, put together side by side. */
function drawWhen(choices: Choices): NonNullable<Entry['when']> {
  if (choices.oneIn(6)) {
    const holds = choices.oneIn(2);
    return { doc: holds, holds, text: holds ? "'' == ''" : "'' != ''" };
  }
  const draw = (depth: number): readonly [text: string, holds: boolean] => {
    switch (choices.below(depth > 1 ? 5 : 8)) {
      case 0:
        return ['ON', true];
      case 1:
        return ['OFF', false];
      case 2:
        return ['UNSET || EMPTY', false];
      case 3:
        return ["ROLE == 'edge'", true];
      case 4:
        return ['"core"!=ROLE', true];
      case 5: {
        const [text, holds] = draw(depth + 1);
        return [`!(${text})`, !holds];
      }
      case 6: {
        const [left, right] = [draw(depth + 1), draw(depth + 1)];
        return [`(${left[0]}) && (${right[0]})`, left[1] && right[1]];
      }
      default: {
        const [left, right] = [draw(depth + 1), draw(depth + 1)];
        return [`(${left[0]}) || ${right[0]}`, left[1] || right[1]];
      }
    }
  };
  const [text, holds] = draw(0);
  return { doc: text, text, holds };
}

function drawBinding(choices: Choices, { entries, bind }: Deployment, { id }: Contract): void {
  const offering = entries.filter(({ of }) => of.offers.some(({ contract }) => contract.id === id));
  if (offering.length === 0 || !choices.oneIn(2)) return;
  const names = choices.some(offering, 3).map(({ key }) => key);
  if (names.length > 0) bind.set(id, names);
}

/** Requirements that can be met, and that make nobody wait in a circle. */
function drawWants(choices: Choices, deployment: Deployment, of: Package, inOrder: readonly Entry[]): void {
  const users = deployment.entries.filter((entry) => entry.of === of);
  const { contracts } = deployment;
  for (const contract of choices.some([...contracts, ...contracts], 4)) {
    const kind = choices.pick(['one', 'optional', 'many', 'lazy'] as const);
    if (of.wants.some(({ dep }) => dep === `${kind}-${contract.id}`)) continue;
    // Most requirements are met by one of two ranges; trying both makes more of them.
    const offered = offersOf(deployment, contract.id).at(0)?.version;
    const usual = offered === '2.0.0' ? '^2.0.0' : '*';
    const range = choices.oneIn(3) ? choices.pick(Object.keys(ranges)) : usual;
    const want: Want = { dep: `${kind}-${contract.id}`, contract, kind, range };
    of.wants.push(want);
    const isMet = users.every((user) => !isWanted(user) || serve(deployment, user, want).fault === undefined);
    const isOrdered = users.every((user) =>
      [...waitsFor(deployment, user)].every((before) => inOrder.indexOf(before) < inOrder.indexOf(user)),
    );
    if (!isMet || !isOrdered) of.wants.pop();
  }
}

/** A device, or none, on which everything fits, often barely. */
function drawDevice(choices: Choices, deployment: Deployment): void {
  const { device } = deployment;
  const needed = neededBy(deployment);
  for (const resource of ['cores', 'memoryMiB', 'diskMiB'] as const) {
    if (choices.oneIn(2)) device[resource] = Math.max(needed[resource], 1) + choices.pick([0, 1, 1_000]);
  }
  if (choices.oneIn(2)) device.accelerator = 'loom';
}
