/**
 * Faults that people make in manifests and packages. Each is brought into a drawn deployment and says what a plan must tell
 * of it. A fault never takes hold of what another one has, so that each can be seen.
 */
import type { ProblemCode } from '../plan/problems.js';
import type { Choices } from './choices.test.support.js';
import type { Contract, Deployment, Entry, Key, Package, Want } from './deployment.test.support.js';
import { type Doc, type DocMap, type DocPath, Verbatim } from './documents.test.support.js';
import { type Expected, isHere, waitsFor } from './oracle.test.support.js';
import { formatSamples } from './values.test.support.js';
import { place } from './write-deployment.test.support.js';

export interface SeededProblem extends Expected {
  /** In which of the manifests alone it stands; default: in what they are together. */
  readonly layer?: number;
}

export interface Fault {
  readonly title: string;
  readonly code: ProblemCode;
  /** Brings it in and returns what must be told; nothing where this deployment has no place for it. */
  readonly seed: (garden: Garden) => readonly SeededProblem[] | undefined;
  /** Whether nothing else can be seen because of it. */
  readonly isBlinding?: boolean;
}

/** A deployment that faults are seeded into. */
export class Garden {
  readonly deployment: Deployment;
  readonly choices: Choices;
  readonly #taken = new Set<unknown>();
  readonly #edits: ((top: DocMap, lowest: DocMap) => void)[] = [];
  #fresh = 0;

  constructor(deployment: Deployment, choices: Choices) {
    this.deployment = deployment;
    this.choices = choices;
  }

  /** Whether this is now in the hands of the caller, and was in nobody else's. */
  take(what: unknown): boolean {
    if (this.#taken.has(what)) return false;
    this.#taken.add(what);
    return true;
  }

  /** A plugin that takes part and that no other fault has touched. */
  takeEntry(isFit: (entry: Entry) => boolean = () => true): Entry | undefined {
    const fit = this.deployment.entries.filter(
      (entry) => isHere(entry) && !this.#taken.has(entry) && isFit(entry),
    );
    if (fit.length === 0) return undefined;
    const entry = this.choices.pick(fit);
    this.#taken.add(entry);
    return entry;
  }

  /** A plugin like that, whose package is nobody else's, so that the package can be changed too. */
  takeSole(isFit: (entry: Entry) => boolean = () => true): Entry | undefined {
    const { entries } = this.deployment;
    const isSole = ({ of }: Entry) => entries.filter((entry) => entry.of === of).length === 1;
    return this.takeEntry((entry) => isSole(entry) && isFit(entry));
  }

  /** A word that nothing else is called. */
  word(stem: string): string {
    this.#fresh++;
    return `${stem}${this.#fresh}`;
  }

  contract(more: Partial<Contract> = {}): Contract {
    return { id: this.word('new-'), composes: false, isLocal: false, ...more };
  }

  /** A new plugin at the end of the top manifest. */
  add(more: Partial<Package>, entry: Partial<Entry> = {}): Entry {
    const key = this.word('new');
    const of: Package = {
      name: `@acme/${key}`,
      version: '1.0.0',
      source: 'installed',
      offers: [],
      wants: [],
      keys: [],
      needs: {},
      ...more,
    };
    const added: Entry = {
      key,
      of,
      state: 'here',
      settings: new Map(),
      layer: this.deployment.layers - 1,
      ...entry,
    };
    this.deployment.entries.push(added);
    this.take(added);
    return added;
  }

  /** Writes over what the manifest says at this path. */
  write(at: DocPath, doc: Doc): void {
    this.#edits.push((top) => place(top, at, doc));
  }

  /** The same in the lowest of the manifests. */
  writeLowest(at: DocPath, doc: Doc): void {
    this.#edits.push((_top, lowest) => place(lowest, at, doc));
  }

  applyEdits(documents: readonly DocMap[]): void {
    const [lowest] = documents;
    const top = documents.at(-1);
    if (!lowest || !top) throw new Error('There is no manifest.');
    for (const edit of this.#edits) edit(top, lowest);
  }
}

const offer = (contract: Contract, version = '1.0.0') => ({ contract, version });

function want(contract: Contract, more: Partial<Want> = {}): Want {
  return { dep: `new-${contract.id}`, contract, kind: 'one', range: '^1.0.0', ...more };
}

/** Says `doc` somewhere in an entry, where exactly this fault is expected. */
function inEntry(
  garden: Garden,
  code: ProblemCode,
  path: DocPath,
  doc: Doc,
): readonly SeededProblem[] | undefined {
  const entry = garden.takeEntry();
  if (!entry) return undefined;
  const at = ['plugins', entry.key, ...path];
  garden.write(at, doc);
  return [{ code, at }];
}

/** Says `doc` at a place of the manifest that has nothing to do with plugins. */
function inManifest(
  garden: Garden,
  code: ProblemCode,
  at: DocPath,
  doc: Doc,
): readonly SeededProblem[] | undefined {
  if (!garden.take(at[0])) return undefined;
  garden.write(at, doc);
  return [{ code, at }];
}

/** What is told of a plugin and whom it serves follows from its state; the oracle says what. */
function lose(garden: Garden, state: Entry['state']): readonly SeededProblem[] | undefined {
  const entry = garden.takeEntry();
  if (!entry) return undefined;
  entry.state = state;
  return [];
}

/** Changes one configuration key of a plugin that has the package for itself. */
function inKey(
  garden: Garden,
  isFit: (key: Key) => boolean,
  change: (
    entry: Entry,
    key: Key,
  ) => { readonly key?: Partial<Key>; readonly told: readonly SeededProblem[] },
): readonly SeededProblem[] | undefined {
  const entry = garden.takeSole(({ of }) => of.keys.some(isFit));
  const key = entry?.of.keys.find(isFit);
  if (!entry || !key) return undefined;
  const { key: changed, told } = change(entry, key);
  entry.of.keys.splice(entry.of.keys.indexOf(key), 1, { ...key, ...changed });
  return told;
}

const configOf = ({ key }: Entry, name: string) => ['plugins', key, 'config', name];

/** The faults, by what they are told as. Those without problems of their own are worked out by the oracle. */
export const faults: readonly Fault[] = [
  {
    title: 'broken syntax',
    code: 'KERNEL_YAML_INVALID',
    isBlinding: true,
    seed: (garden) => {
      const text = garden.choices.pick(['@x', 'a: b: c', ']', '`x', "'x' y", '"\\z"']);
      const layer = garden.choices.below(garden.deployment.layers);
      if (!garden.take('title')) return undefined;
      const isLowest = layer === 0;
      if (isLowest) garden.writeLowest(['title'], new Verbatim(text));
      else garden.write(['title'], new Verbatim(text));
      const last = garden.deployment.layers - 1;
      return [{ code: 'KERNEL_YAML_INVALID', at: ['title'], layer: isLowest ? 0 : last }];
    },
  },
  {
    title: 'an alias of nothing',
    code: 'KERNEL_YAML_INVALID',
    seed: (garden) => inManifest(garden, 'KERNEL_YAML_INVALID', ['title'], new Verbatim('*nobody')),
  },
  {
    title: 'a key that stands twice',
    code: 'KERNEL_YAML_INVALID',
    seed: (garden) => {
      const twice = new Verbatim('{ mode: degrade, mode: degrade }');
      return inEntry(garden, 'KERNEL_YAML_INVALID', ['boot'], twice);
    },
  },
  {
    title: 'an unknown key of the manifest',
    code: 'KERNEL_KEY_UNKNOWN',
    seed: (garden) => inManifest(garden, 'KERNEL_KEY_UNKNOWN', [garden.word('titel')], 'A slip'),
  },
  {
    title: 'an unknown key of a plugin',
    code: 'KERNEL_KEY_UNKNOWN',
    seed: (garden) => inEntry(garden, 'KERNEL_KEY_UNKNOWN', ['verison'], '^1'),
  },
  {
    title: 'an unknown key of "boot"',
    code: 'KERNEL_KEY_UNKNOWN',
    seed: (garden) => {
      const entry = garden.takeEntry();
      if (!entry) return undefined;
      garden.write(['plugins', entry.key, 'boot'], { timeout: 5 });
      return [{ code: 'KERNEL_KEY_UNKNOWN', at: ['plugins', entry.key, 'boot', 'timeout'] }];
    },
  },
  {
    title: 'an unknown key of "device"',
    code: 'KERNEL_KEY_UNKNOWN',
    seed: (garden) => inManifest(garden, 'KERNEL_KEY_UNKNOWN', ['device', 'memory'], '8 GB'),
  },
  {
    title: 'a value of the wrong kind in a plugin',
    code: 'KERNEL_VALUE_WRONG',
    seed: (garden) => {
      const [key, doc] = garden.choices.pick<readonly [string, Doc]>([
        ['version', 'newest'],
        ['version', true],
        ['when', 5],
        ['placement', 'moon'],
        ['boot', 'later'],
        ['boot', ['degrade']],
        ['config', 'none'],
        ['config', []],
      ]);
      const entry = garden.takeEntry(({ placement }) => placement === undefined);
      if (!entry) return undefined;
      const at = ['plugins', entry.key, key];
      garden.write(at, doc);
      return [{ code: 'KERNEL_VALUE_WRONG', at }];
    },
  },
  {
    title: 'a time that is none',
    code: 'KERNEL_VALUE_WRONG',
    seed: (garden) => {
      const entry = garden.takeEntry();
      if (!entry) return undefined;
      garden.write(['plugins', entry.key, 'boot'], { timeoutMs: garden.choices.pick([0, -1, 1.5, '5 s']) });
      return [{ code: 'KERNEL_VALUE_WRONG', at: ['plugins', entry.key, 'boot', 'timeoutMs'] }];
    },
  },
  {
    title: 'a plugin that is no map',
    code: 'KERNEL_VALUE_WRONG',
    seed: (garden) => {
      const entry = garden.takeEntry();
      if (!entry) return undefined;
      entry.placement = undefined;
      const at = ['plugins', entry.key];
      garden.write(at, garden.choices.pick<Doc>([5, 'yes', ['a']]));
      return [{ code: 'KERNEL_VALUE_WRONG', at }];
    },
  },
  {
    title: 'a package without a name',
    code: 'KERNEL_VALUE_WRONG',
    seed: (garden) => inEntry(garden, 'KERNEL_VALUE_WRONG', ['use'], garden.choices.pick<Doc>([5, '', true])),
  },
  {
    title: 'a value of the wrong kind in the manifest',
    code: 'KERNEL_VALUE_WRONG',
    seed: (garden) => {
      const [key, doc] = garden.choices.pick<readonly [string, Doc]>([
        ['tier', ['t']],
        ['tier', ''],
        ['title', 5],
        ['device', 'large'],
      ]);
      if (key === 'device') garden.deployment.device = {};
      return inManifest(garden, 'KERNEL_VALUE_WRONG', [key], doc);
    },
  },
  {
    title: 'a promise that is no name',
    code: 'KERNEL_VALUE_WRONG',
    seed: ({ choices, deployment: { promises } }) => {
      const promise = { id: '', doc: choices.pick<Doc>([5, '', ['c0'], { c0: '^1' }]) };
      promises.splice(choices.below(promises.length + 1), 0, promise);
      return [];
    },
  },
  {
    title: 'a binding to what is no name',
    code: 'KERNEL_VALUE_WRONG',
    seed: (garden) => {
      const at = ['bind', garden.word('new-')];
      garden.write(at, garden.choices.pick<Doc>([5, { a: 1 }, [], undefined]));
      return [{ code: 'KERNEL_VALUE_WRONG', at }];
    },
  },
  {
    title: 'a base that cannot be used',
    code: 'KERNEL_EXTENDS_INVALID',
    seed: (garden) => {
      if (!garden.take('extends')) return undefined;
      const target = garden.choices.pick<Doc>([
        './gone.yaml',
        '.',
        '@acme/gone/tier.yaml',
        5,
        './layer0.yaml',
        '',
      ]);
      garden.writeLowest(['extends'], target);
      return [{ code: 'KERNEL_EXTENDS_INVALID', at: ['extends'], layer: 0 }];
    },
  },
  {
    title: 'a "when" that cannot be decided',
    code: 'KERNEL_WHEN_INVALID',
    seed: (garden) => {
      const expression = garden.choices.pick([
        'ON &&',
        'ROLE',
        '(ON',
        'ON OFF',
        "'edge'",
        'ROLE = edge',
        '&&',
        '5',
      ]);
      return inEntry(garden, 'KERNEL_WHEN_INVALID', ['when'], expression);
    },
  },
  {
    title: 'a package that is not installed',
    code: 'KERNEL_PLUGIN_UNKNOWN',
    seed: (garden) => lose(garden, 'unknown'),
  },
  {
    title: 'a package that declares nothing',
    code: 'KERNEL_PLUGIN_UNDECLARED',
    seed: (garden) => lose(garden, 'undeclared'),
  },
  {
    title: 'a declaration that cannot be read',
    code: 'KERNEL_PLUGIN_BROKEN',
    seed: (garden) => lose(garden, 'broken'),
  },
  {
    title: 'a package of another version',
    code: 'KERNEL_PLUGIN_VERSION',
    seed: (garden) =>
      inEntry(garden, 'KERNEL_PLUGIN_VERSION', ['version'], garden.choices.pick(['^9', '9', '<0.1'])),
  },
  {
    title: 'a requirement that nobody meets',
    code: 'KERNEL_CAPABILITY_MISSING',
    seed: (garden) => {
      const kind = garden.choices.pick(['one', 'lazy'] as const);
      const entry = garden.takeSole();
      entry?.of.wants.push(want(garden.contract(), { kind }));
      return entry && [];
    },
  },
  {
    title: 'a requirement that only the plugin itself would meet',
    code: 'KERNEL_CAPABILITY_MISSING',
    seed: (garden) => {
      const contract = garden.contract();
      garden.add({ offers: [offer(contract)], wants: [want(contract)] });
      return [];
    },
  },
  {
    title: 'a requirement of another version',
    code: 'KERNEL_CAPABILITY_VERSION',
    seed: (garden) => {
      const contract = garden.contract();
      const kind = garden.choices.pick(['one', 'optional', 'many', 'lazy'] as const);
      const range = garden.choices.pick(['^2.0.0', '^9']);
      garden.add({ offers: [offer(contract)] });
      garden.add({ wants: [want(contract, { kind, range })] });
      return [];
    },
  },
  {
    title: 'a promise of another version',
    code: 'KERNEL_CAPABILITY_VERSION',
    seed: (garden) => {
      const contract = garden.contract();
      garden.add({ offers: [offer(contract, '2.0.0')] });
      garden.deployment.promises.push({ id: contract.id, range: '^1.0.0' });
      return [];
    },
  },
  {
    title: 'two providers for one place',
    code: 'KERNEL_CAPABILITY_AMBIGUOUS',
    seed: (garden) => {
      const contract = garden.contract({ composes: garden.choices.oneIn(2) });
      const kind = garden.choices.pick(['one', 'optional', 'lazy'] as const);
      garden.add({ wants: [want(contract, { kind })] });
      garden.add({ offers: [offer(contract)] });
      garden.add({ offers: [offer(contract)] });
      return [];
    },
  },
  {
    title: 'a binding to a plugin that is not there',
    code: 'KERNEL_BIND_UNKNOWN',
    seed: (garden) => {
      const { contracts, bind } = garden.deployment;
      const { id } = garden.choices.pick(contracts);
      const names = bind.get(id) ?? [];
      bind.set(id, garden.choices.shuffled([...names, ...names.slice(0, 1), garden.word('nobody')]));
      return [];
    },
  },
  {
    title: 'a binding to a plugin that does not provide it',
    code: 'KERNEL_BIND_UNKNOWN',
    seed: (garden) => {
      const contract = garden.contract();
      const { key } = garden.add({});
      garden.deployment.bind.set(contract.id, [key]);
      return [];
    },
  },
  {
    title: 'several providers that cannot act as one',
    code: 'KERNEL_BIND_COMPOSE',
    seed: (garden) => {
      const contract = garden.contract();
      const kind = garden.choices.pick(['one', 'optional', 'lazy'] as const);
      const both = [garden.add({ offers: [offer(contract)] }), garden.add({ offers: [offer(contract)] })];
      garden.add({ wants: [want(contract, { kind })] });
      garden.deployment.bind.set(contract.id, garden.choices.shuffled(both.map(({ key }) => key)));
      return [];
    },
  },
  {
    title: 'a circle of new plugins',
    code: 'KERNEL_CYCLE',
    seed: (garden) => {
      const ring = Array.from({ length: 2 + garden.choices.below(3) }, () => garden.contract());
      for (const [index, contract] of ring.entries()) {
        const next = ring[(index + 1) % ring.length] ?? contract;
        const kind = garden.choices.pick(['one', 'optional', 'many'] as const);
        garden.add({ offers: [offer(contract)], wants: [want(next, { kind })] });
      }
      return [];
    },
  },
  {
    title: 'a plugin that begins to need its consumer',
    code: 'KERNEL_CYCLE',
    seed: (garden) => {
      const { deployment } = garden;
      const consumersOf = (entry: Entry) =>
        deployment.entries.filter((other) => isHere(other) && waitsFor(deployment, other).has(entry));
      const provider = garden.takeSole((entry) => consumersOf(entry).length > 0);
      const consumer = provider && garden.takeSole((entry) => consumersOf(provider).includes(entry));
      if (!provider || !consumer) return undefined;
      const contract = garden.contract();
      consumer.of.offers.push(offer(contract));
      provider.of.wants.push(want(contract));
      return [];
    },
  },
  {
    title: 'an unknown configuration key',
    code: 'KERNEL_CONFIG_UNKNOWN',
    seed: (garden) => {
      const name = garden.choices.pick(['ky0', 'constructor', 'toString', 'key 0', 'key0.key1']);
      return inEntry(
        garden,
        'KERNEL_CONFIG_UNKNOWN',
        ['config', name],
        garden.choices.pick<Doc>([1, [2], { a: 3 }]),
      );
    },
  },
  {
    title: 'a wrong value in the manifest',
    code: 'KERNEL_CONFIG_WRONG',
    seed: (garden) =>
      inKey(
        garden,
        () => true,
        (entry, { name, samples }) => {
          garden.write(configOf(entry, name), garden.choices.pick(samples.wrong));
          return { told: [{ code: 'KERNEL_CONFIG_WRONG', at: configOf(entry, name) }] };
        },
      ),
  },
  {
    title: 'a reference to nothing in the manifest',
    code: 'KERNEL_CONFIG_WRONG',
    seed: (garden) =>
      inKey(
        garden,
        () => true,
        (entry, { name }) => {
          const missing = garden.choices.pick([
            `\${env:NOBODY}`,
            `\${env:EMPTY}`,
            `\${file:gone.txt}`,
            `\${env:valueOf}`,
          ]);
          garden.write(
            configOf(entry, name),
            garden.choices.pick<Doc>([missing, `is ${missing}`, [missing], { a: missing }]),
          );
          return { told: [{ code: 'KERNEL_CONFIG_WRONG', at: configOf(entry, name) }] };
        },
      ),
  },
  {
    title: 'a wrong value in the environment',
    code: 'KERNEL_CONFIG_WRONG',
    seed: (garden) =>
      inKey(
        garden,
        ({ samples }) => samples.wrongTexts.length > 0,
        (_entry, { samples, variable }) => {
          delete garden.deployment.environment[`${variable}_FILE`];
          garden.deployment.environment[variable] = garden.choices.pick(samples.wrongTexts);
          return { told: [{ code: 'KERNEL_CONFIG_WRONG', at: undefined }] };
        },
      ),
  },
  {
    title: 'a secret file that is missing',
    code: 'KERNEL_CONFIG_WRONG',
    seed: (garden) =>
      inKey(
        garden,
        () => true,
        (_entry, { variable }) => {
          delete garden.deployment.environment[variable];
          garden.deployment.environment[`${variable}_FILE`] = '/run/gone';
          return { key: { isSensitive: true }, told: [{ code: 'KERNEL_CONFIG_WRONG', at: undefined }] };
        },
      ),
  },
  {
    title: 'a default that does not fit',
    code: 'KERNEL_CONFIG_WRONG',
    seed: (garden) => {
      const samples = garden.choices.pick(formatSamples);
      const fallback = garden.choices.pick(samples.wrong);
      const name = garden.word('key');
      garden.add({
        keys: [{ name, samples, fallback, variable: name.toUpperCase(), aliases: [], isSensitive: false }],
      });
      return [{ code: 'KERNEL_CONFIG_WRONG', at: undefined }];
    },
  },
  {
    title: 'old names of a variable that differ',
    code: 'KERNEL_CONFIG_ALIAS_CONFLICT',
    seed: (garden) =>
      inKey(
        garden,
        () => true,
        (_entry, { variable }) => {
          const { environment } = garden.deployment;
          for (const name of [variable, `${variable}_FILE`]) delete environment[name];
          environment[`OLD_${variable}`] = 'one';
          environment[`OLDER_${variable}`] = 'other';
          return {
            key: { aliases: [`OLD_${variable}`, `OLDER_${variable}`] },
            told: [{ code: 'KERNEL_CONFIG_ALIAS_CONFLICT', at: undefined }],
          };
        },
      ),
  },
  {
    title: 'a secret that is set twice',
    code: 'KERNEL_CONFIG_ALIAS_CONFLICT',
    seed: (garden) =>
      inKey(
        garden,
        () => true,
        (_entry, { variable }) => {
          garden.deployment.environment[variable] = 'one';
          garden.deployment.environment[`${variable}_FILE`] = '/run/other';
          return {
            key: { isSensitive: true },
            told: [{ code: 'KERNEL_CONFIG_ALIAS_CONFLICT', at: undefined }],
          };
        },
      ),
  },
  {
    title: 'a placement that is not installed',
    code: 'KERNEL_PLACEMENT_UNKNOWN',
    seed: (garden) => {
      garden.add({}, { placement: 'process' });
      garden.deployment.placements.clear();
      return [];
    },
  },
  {
    title: 'an object in another process',
    code: 'KERNEL_PLACEMENT_IMPOSSIBLE',
    seed: (garden) => {
      const entry = garden.takeEntry(({ of }) => of.source === 'given');
      if (entry) entry.placement = 'process';
      return entry && [];
    },
  },
  {
    title: 'a synchronous capability in another process',
    code: 'KERNEL_PLACEMENT_IMPOSSIBLE',
    seed: (garden) => {
      garden.add({ offers: [offer(garden.contract({ isLocal: true }))] }, { placement: 'process' });
      return [];
    },
  },
  {
    title: 'a need of a synchronous object from another process',
    code: 'KERNEL_PLACEMENT_IMPOSSIBLE',
    seed: (garden) => {
      const contract = garden.contract({ isLocal: true });
      garden.add({ offers: [offer(contract)], source: 'given' });
      garden.add({ wants: [want(contract)] }, { placement: 'process' });
      return [];
    },
  },
  {
    title: 'a device that is too small',
    code: 'KERNEL_DEVICE_TOO_SMALL',
    seed: (garden) => {
      if (!garden.take('device')) return undefined;
      garden.add({ needs: { memoryMiB: 2, diskMiB: 2_000, cores: 2, accelerator: 'abacus' } });
      const small = { memoryMiB: 1, diskMiB: 1_000, cores: 1, accelerator: 'loom' } as const;
      const { device } = garden.deployment;
      switch (garden.choices.pick(['memoryMiB', 'diskMiB', 'cores', 'accelerator'] as const)) {
        case 'memoryMiB':
          device.memoryMiB = small.memoryMiB;
          break;
        case 'diskMiB':
          device.diskMiB = small.diskMiB;
          break;
        case 'cores':
          device.cores = small.cores;
          break;
        default:
          device.accelerator = small.accelerator;
      }
      return [];
    },
  },
  {
    title: 'a promise that nobody keeps',
    code: 'KERNEL_NOTHING_PROMISED',
    seed: (garden) => {
      garden.deployment.promises.push({ id: garden.word('new-') });
      return [];
    },
  },
];
