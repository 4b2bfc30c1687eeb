import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import type { Capability, Environment, Node, Placement, Plugin, PluginEntryData } from '@tiercel/kernel';
import { boot } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import { jittery } from './jittery.js';
import { keyOf } from './key-of.js';
import { killProcessOf } from './kill-process-of.js';

/** `inline-with-faults`: held up at random, see `jittery`. `process-after-kill`: in the process that came after a SIGKILL. */
export type PlacementUnderTest = 'inline' | 'inline-with-faults' | 'process' | 'process-after-kill';

export interface EveryPlacementOptions<T, F> {
  readonly capability: Capability<T, F>;
  /**
   * A package by its name, or its plugin object: inline, the object itself is run. A child process always loads the
   * package by name, as it was built.
   */
  readonly plugin: string | Plugin;
  /** Key in the manifest. Default: the name of the package without its scope. */
  readonly key?: string;
  /** A function is asked each time a node is booted. */
  readonly config?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>);
  /** Further entries of the manifest. What a placed plugin needs at once, such as a clock, has to stand here by name. */
  readonly beside?: Readonly<Record<string, PluginEntryData | null>>;
  /** Plugin objects, such as those of `supply`; each gets an entry in the manifest unless `beside` has one for it. */
  readonly plugins?: readonly Plugin[];
  /** Default: empty. */
  readonly environment?: Environment;
  /** Where packages are looked up. Default: the working directory. */
  readonly directory?: string;
  /** Boots a node for each call of `open`, for providers that keep what was done to them. Default: one per placement. */
  readonly perTest?: boolean;
  /** How often a shared child is killed: before each test (default), or once for engines that load slowly. */
  readonly kill?: 'each-test' | 'once';
  /** Default: all that the contract allows. */
  readonly placements?: readonly PlacementUnderTest[];
  /** Seed of the random delays. Default 1. */
  readonly seed?: number;
  /** Gets each line that a child prints. Default: nobody does; the last words of one that died stand in its error. */
  readonly onOutput?: (line: string) => void;
  /** Longest start of a node, and longest wait for a killed child to be back. Default 60,000. */
  readonly startTimeoutMs?: number;
}

/** What contract suites ask for. */
export interface OpenedProvider<T> {
  readonly provider: T;
  close(): Promise<void>;
}

const titles: Readonly<Record<PlacementUnderTest, string>> = {
  inline: 'inline',
  'inline-with-faults': 'inline, held up at random',
  process: 'in a process',
  'process-after-kill': 'in a process, after its child was killed',
};

/**
 * Runs a suite against one plugin wherever it can be placed: in this process, in this process with everything held up at
 * random, in a child process, and in the child that replaces a killed one. Contracts with members that answer at once
 * (`local`) only exist within one process, so the last two are left out for them.
 */
export function describeInEveryPlacement<T, F>(
  title: string,
  options: EveryPlacementOptions<T, F>,
  suite: (title: string, open: () => Promise<OpenedProvider<T>>) => void,
): void {
  const {
    placements = placementsOf(options.capability),
    perTest = false,
    kill: killed = 'each-test',
  } = options;
  const { startTimeoutMs = 60_000 } = options;
  for (const placement of placements) {
    const openOne = () => PlacedProvider.open(placement, options);
    const isKilled = placement === 'process-after-kill';
    describe(`${title}, ${titles[placement]}`, () => {
      if (perTest) {
        suite(title, async () => {
          const placed = await openOne();
          if (isKilled) await placed.kill();
          return { provider: placed.provider, close: () => placed.close() };
        });
        return;
      }
      let starting: Promise<PlacedProvider<T, F>> | undefined;
      const start = () => {
        starting ??= openOne();
        return starting;
      };
      const kill = async () => await (await start()).kill();

      beforeAll(async () => {
        await start();
        if (isKilled && killed === 'once') await kill();
      }, 2 * startTimeoutMs);
      // Why it did not start has been said by beforeAll.
      afterAll(async () => await (await starting?.catch(() => undefined))?.close(), startTimeoutMs);
      if (isKilled && killed === 'each-test') beforeEach(kill, startTimeoutMs);

      suite(title, async () => ({ provider: (await start()).provider, close: async () => undefined }));
    });
  }
}

function placementsOf({ methods }: Pick<Capability<never>, 'methods'>): readonly PlacementUnderTest[] {
  const isLocal = Object.values(methods).includes('local');
  return isLocal
    ? ['inline', 'inline-with-faults']
    : ['inline', 'inline-with-faults', 'process', 'process-after-kill'];
}

/** One provider on a node of its own. */
class PlacedProvider<T, F> {
  readonly provider: T;
  readonly #node: Node;
  readonly #key: string;
  readonly #options: EveryPlacementOptions<T, F>;

  static async open<T, F>(
    placement: PlacementUnderTest,
    options: EveryPlacementOptions<T, F>,
  ): Promise<PlacedProvider<T, F>> {
    const { plugin, beside = {}, plugins = [], environment = {}, directory } = options;
    const config = typeof options.config === 'function' ? options.config() : (options.config ?? {});
    const use = typeof plugin === 'string' ? plugin : plugin.name;
    const key = options.key ?? keyOf(use);
    const isPlaced = placement === 'process' || placement === 'process-after-kill';
    const given = isPlaced || typeof plugin === 'string' ? plugins : [plugin, ...plugins];
    const supplied = Object.fromEntries(plugins.map(({ name }) => [keyOf(name), { use: name }]));
    const node = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          // First, and so first of all that provide the same contract.
          [key]: { use, config, placement: isPlaced ? 'process' : 'inline' },
          ...supplied,
          ...beside,
        },
      },
      plugins: given,
      environment,
      ...(directory !== undefined && { directory }),
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
      placements: [createPlacement(options)],
    });
    try {
      return new PlacedProvider(node, key, placement, options);
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    node: Node,
    key: string,
    placement: PlacementUnderTest,
    options: EveryPlacementOptions<T, F>,
  ) {
    const { capability, seed = 1 } = options;
    this.#node = node;
    this.#key = key;
    this.#options = options;
    const [first] = node.getAll(capability);
    const provider = first ?? node.get(capability);
    this.provider = placement === 'inline-with-faults' ? jittery(provider, capability, { seed }) : provider;
  }

  async kill(): Promise<void> {
    await killProcessOf(this.#node, this.#key, { startTimeoutMs: this.#options.startTimeoutMs ?? 60_000 });
  }

  async close(): Promise<void> {
    await this.#node[Symbol.asyncDispose]();
  }
}

/** Children that come back at once however often they are killed. */
function createPlacement({
  onOutput = () => undefined,
}: {
  readonly onOutput?: (line: string) => void;
}): Placement {
  return createProcessPlacement({
    restart: { firstMs: 1, longestMs: 1_000, steadyAfterMs: 0 },
    onOutput: (line) => onOutput(line),
  });
}
