/** A small house of plugins for the tests of this package. */
import {
  type ConfigSchema,
  defineCapability,
  definePlugin,
  type ManifestData,
  type Needs,
  type Plugin,
  type PluginEntryData,
  provide,
} from '@tiercel/kernel';
import fc from 'fast-check';
import { type ReadPlan, readPlan } from './read-plan.js';

/** A capability about which nothing is known but its name; several providers can act as one. */
export function capability(id: string, version = '1.0.0') {
  return defineCapability<object>()({ id, version, methods: {}, compose: () => ({}) });
}

export interface Wish {
  readonly version?: string;
  readonly provides?: readonly string[];
  /** Version of what it provides. */
  readonly contract?: string;
  readonly requires?: Readonly<Record<string, unknown>>;
  readonly config?: ConfigSchema;
  readonly needs?: Needs;
}

/** A plugin `@acme/<name>`. */
export function acme(name: string, wish: Wish = {}): Plugin {
  const { version = '1.0.0', provides = [], contract, requires = {}, config = {}, needs = {} } = wish;
  return definePlugin({
    name: `@acme/${name}`,
    version,
    provides: Object.fromEntries(provides.map((id) => [id, provide(capability(id, contract))])),
    requires,
    config,
    needs,
    setup: () => ({}) as never,
  });
}

type Entries = Readonly<Record<string, PluginEntryData | null>>;

export interface House extends Omit<Partial<ManifestData>, 'plugins'> {
  readonly environment?: Readonly<Record<string, string>>;
  /** What the manifest says about plugins, by the name behind `@acme/`. */
  readonly entries?: Entries;
}

/** Plans these plugins, each under the name behind `@acme/`. Nothing is looked up on disk, and no machine is measured. */
export async function planOf(plugins: readonly Plugin[], house: House = {}): Promise<ReadPlan> {
  const { environment = {}, entries = {}, ...manifest } = house;
  const listed = new Map<string, PluginEntryData | null>();
  for (const { name } of plugins) listed.set(name.slice('@acme/'.length), { use: name });
  for (const [key, entry] of Object.entries(entries))
    listed.set(key, entry && { ...listed.get(key), ...entry });
  return await readPlan({
    manifest: { tier: 'house', ...manifest, plugins: Object.fromEntries(listed) },
    plugins,
    environment,
    machine: null,
    directory: '/nowhere',
  });
}

/** Lines without the margin of the test that they stand in. */
export function text(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  const lines = String.raw({ raw: strings.raw }, ...values)
    .split('\n')
    .slice(1, -1);
  const margin = Math.min(...lines.filter((line) => line !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join('\n');
}

const pool = ['a', 'b', 'c', 'd'];
const forEach = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.array(arbitrary, { minLength: pool.length, maxLength: pool.length });
const level = { level: { doc: 'Level', format: 'nat', default: 1 } } as const;

/** Arguments of `planOf`: some of four plugins, each in some version, placement and configuration. */
export const anyHouse: fc.Arbitrary<[readonly Plugin[], House]> = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom(...pool)),
    versions: forEach(fc.constantFrom('1.0.0', '2.0.0')),
    levels: forEach(fc.nat(2)),
    placements: forEach(fc.constantFrom('inline', 'process')),
  })
  .map(({ names, versions, levels, placements }) => {
    const chosen = names.map((name) => ({ name, at: pool.indexOf(name) }));
    const plugins = chosen.map(({ name, at }) =>
      acme(name, {
        version: versions[at] ?? '',
        provides: ['light'],
        config: level,
        needs: { memoryMiB: 10 + at },
      }),
    );
    const entries = chosen.map(({ name, at }): [string, PluginEntryData] => [
      name,
      { placement: placements[at] ?? '', config: { level: levels[at] } },
    ]);
    return [plugins, { entries: Object.fromEntries(entries) }];
  });
