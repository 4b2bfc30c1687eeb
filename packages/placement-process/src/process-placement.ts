import {
  type Capability,
  capabilityKey,
  type Placement,
  type PlannedPlugin,
  type Plugin,
} from '@tiercel/kernel';
import { planChild } from './plan-child.js';
import { Supervisor, type SupervisorSettings } from './supervisor.js';
import { createProxy } from './wire/create-proxy.js';

export interface ProcessPlacementOptions {
  /** A process that gives no sign of life for this long is killed and started again. Default 10,000. */
  readonly hungAfterMs?: number;
  /** A lost process comes back after `firstMs` (100), then twice as late each time up to `longestMs` (30,000), until one has lived for `steadyAfterMs` (30,000). */
  readonly restart?: Partial<SupervisorSettings['restart']>;
  /** Calls and streams under way per process and direction; one more fails with `PLACEMENT_OVERLOADED`. Default 1,024. */
  readonly callLimit?: number;
  /** Gets each line that a process prints. Default: writes it to stderr, behind the name of the plugin. */
  readonly onOutput?: (line: string, plugin: string) => void;
}

/** A placement that runs each plugin in a supervised process of its own. */
export function createProcessPlacement(options: ProcessPlacementOptions = {}): Placement {
  const { hungAfterMs = 10_000, callLimit = 1_024, onOutput = printOutput } = options;
  const restart = { firstMs: 100, longestMs: 30_000, steadyAfterMs: 30_000, ...options.restart };
  const settings: SupervisorSettings = { hungAfterMs, restart, callLimit, onOutput };
  return {
    name: 'process',
    place(planned, host) {
      const plan = planChild(planned, host);
      const { name, version, config, needs, provides } = planned.declaration;
      return {
        name,
        version,
        config,
        needs,
        provides: Object.fromEntries(
          provides.map(({ provider, features, ...contract }) => [
            provider,
            { capability: tokenOf(contract), features },
          ]),
        ),
        requires: requirementsOf(planned),
        setup: async ({ own, health, signal }) => {
          const supervisor = own(new Supervisor(planned, plan, { host, health, settings }));
          health.facts(() => ({ ...supervisor.facts }));
          await supervisor.start(signal);
          return Object.fromEntries(
            provides.map(({ provider, methods }) => [
              provider,
              createProxy(provider, methods, supervisor, () => supervisor.factsOf(provider)),
            ]),
          );
        },
      };
    },
  };
}

/** Runs each plugin in a supervised process of its own. */
export const processPlacement = createProcessPlacement();

/** Tokens as far as a declaration knows them: `view` and `compose` stay with the consumers. */
function tokenOf({
  capability: id,
  version,
  methods,
}: Pick<
  PlannedPlugin['declaration']['provides'][number],
  'capability' | 'version' | 'methods'
>): Capability<unknown> {
  return { id, version, methods, key: capabilityKey(id, version) };
}

function requirementsOf({ declaration, deps }: PlannedPlugin): Plugin['requires'] {
  return Object.fromEntries(
    declaration.requires.map(({ dep, kind, capability, version: range, methods }) => {
      const version = deps.find((planned) => planned.dep === dep)?.providers[0]?.version ?? '0.0.0';
      return [dep, { kind, version: range, capability: tokenOf({ capability, version, methods }) }];
    }),
  );
}

function printOutput(line: string, plugin: string): void {
  process.stderr.write(`[${plugin}] ${line}\n`);
}
