import {
  type BootOptions,
  boot,
  type Capability,
  findPlugins,
  loadManifest,
  type ManifestData,
  type Node,
  type Plugin,
  type PluginEntryData,
} from '@tiercel/kernel';
import { TestkitError } from './errors.js';
import { type Fakes, fakeSources } from './fakes.js';
import { keyOf } from './key-of.js';
import { type LeakCheckOptions, openLeakCheck } from './leak-check.js';

export interface BootTestOptions
  extends Pick<
    BootOptions,
    'directory' | 'environment' | 'onEvent' | 'placements' | 'replaceable' | 'signal' | 'startTimeoutMs'
  > {
  /** Plugin objects; each gets an entry under the name of its package without the scope. */
  readonly plugins?: readonly Plugin[];
  /** Entries for packages, and for plugin objects that need more than `config`. */
  readonly entries?: Readonly<Record<string, PluginEntryData | null>>;
  /** Configuration by key of the plugin. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly bind?: NonNullable<ManifestData['bind']>;
  /** Fakes to use instead of new ones. They are on the node even if nobody requires them. */
  readonly fakes?: Partial<Fakes>;
  /** Default: everything that was open before the node is closed after it. `false` leaves that check out. */
  readonly leaks?: LeakCheckOptions | false;
}

/** A small node for one test. Disposing it stops the node and throws `TESTKIT_LEAK_FOUND` if something stays. */
export interface TestNode extends AsyncDisposable {
  readonly node: Node;
  /** The fakes on this node; asking for one that is not there throws `TESTKIT_FAKE_MISSING`. */
  readonly fakes: Fakes;
  get<T, F>(capability: Capability<T, F>): T;
}

/**
 * Boots a node with the plugins under test. What they cannot do without and nobody provides is filled in with the fakes of
 * `@tiercel/capabilities`: `await using test = await bootTest({ plugins: [myPlugin] })`.
 */
export async function bootTest(options: BootTestOptions = {}): Promise<TestNode> {
  const { plugins = [], bind, fakes: chosen = {}, leaks = {} } = options;
  const { directory, environment = {}, onEvent, placements, replaceable, signal, startTimeoutMs } = options;
  const entries = entriesOf(options);
  const supplied = await supplyFakes(chosen, await findMissing(entries, plugins, options));
  const check = leaks === false ? undefined : openLeakCheck(leaks);
  const node = await boot({
    manifest: {
      tier: 'test',
      plugins: {
        ...Object.fromEntries(supplied.plugins.map(({ name }) => [name, { use: name }])),
        ...entries,
      },
      ...(bind && { bind }),
    },
    plugins: [...plugins, ...supplied.plugins],
    environment,
    ...(directory !== undefined && { directory }),
    ...(onEvent && { onEvent }),
    ...(placements && { placements }),
    ...(replaceable !== undefined && { replaceable }),
    ...(signal && { signal }),
    ...(startTimeoutMs !== undefined && { startTimeoutMs }),
  });
  return {
    node,
    fakes: guardFakes(supplied.fakes),
    get: (capability) => node.get(capability),
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await check?.expectNone();
    },
  };
}

function entriesOf({
  plugins = [],
  entries = {},
  config = {},
}: BootTestOptions): Readonly<Record<string, PluginEntryData>> {
  const all: Record<string, PluginEntryData> = {};
  for (const { name } of plugins) all[keyOf(name)] = { use: name };
  for (const [key, entry] of Object.entries(entries)) all[key] = { ...all[key], ...entry };
  for (const [key, values] of Object.entries(config))
    all[key] = { ...all[key], config: { ...all[key]?.config, ...values } };
  return all;
}

/** Ids of the capabilities that are required, and that no plugin of the manifest provides. */
async function findMissing(
  entries: Readonly<Record<string, PluginEntryData>>,
  given: readonly Plugin[],
  { directory, environment = {} }: BootTestOptions,
): Promise<ReadonlySet<string>> {
  const manifest = await loadManifest({ tier: 'test', plugins: entries }, { directory });
  const found = [...(await findPlugins(manifest, { given, environment })).values()];
  const declarations = found.flatMap((plugin) => (plugin.state === 'found' ? [plugin.declaration] : []));
  const provided = new Set(
    declarations.flatMap(({ provides }) => provides.map(({ capability }) => capability)),
  );
  return new Set(
    declarations
      .flatMap(({ requires }) => requires)
      .filter(({ kind, capability }) => (kind === 'one' || kind === 'lazy') && !provided.has(capability))
      .map(({ capability }) => capability),
  );
}

async function supplyFakes(
  chosen: Partial<Fakes>,
  missing: ReadonlySet<string>,
): Promise<{ readonly plugins: readonly Plugin[]; readonly fakes: Partial<Fakes> }> {
  const { FakeClock } = await import('@tiercel/capabilities/clock/testing');
  const clock = chosen.clock ?? new FakeClock();
  const fakes: Record<string, unknown> = {};
  const plugins: Plugin[] = [];
  const names = Object.keys(fakeSources) as (keyof Fakes)[];
  const supplyOne = async <K extends keyof Fakes>(name: K) => {
    const source = fakeSources[name];
    if (chosen[name] === undefined && !missing.has(source.capability)) return;
    const { supply, create } = await source.load();
    const fake: Fakes[K] = chosen[name] ?? create(clock);
    fakes[name] = fake;
    plugins.push(supply(`fake-${source.capability}`, fake));
  };
  for (const name of names) await supplyOne(name);
  return { plugins, fakes: fakes as Partial<Fakes> };
}

function guardFakes(fakes: Partial<Fakes>): Fakes {
  const supplied = Object.keys(fakes);
  const members = Object.keys(fakeSources).map((fake): [string, PropertyDescriptor] => [
    fake,
    {
      enumerable: supplied.includes(fake),
      get: () => {
        const found = fakes[fake as keyof Fakes];
        if (found === undefined) throw new TestkitError('TESTKIT_FAKE_MISSING', { fake, supplied });
        return found;
      },
    },
  ]);
  // One getter for each fake that there is.
  return Object.defineProperties({}, Object.fromEntries(members)) as Fakes;
}
