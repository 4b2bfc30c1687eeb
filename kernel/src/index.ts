export { type BootOptions, boot, type PlanOptions, planManifest } from './boot.js';
export {
  type Capability,
  type CapabilityDefinition,
  defineCapability,
  type MethodShape,
  type MethodShapes,
  type NamedProvider,
} from './capability.js';
export type { Config, ConfigFormat, ConfigKey, ConfigSchema, ConfigValue } from './config-schema.js';
export {
  type ChildController,
  childController,
  type Deadline,
  openDeadline,
  raceSignal,
} from './deadline.js';
export {
  type DeclaredProvision,
  type DeclaredRequirement,
  declarationOf,
  type PluginDeclaration,
} from './declaration.js';
export {
  defineErrors,
  type ErrorClass,
  type ErrorMessages,
  isTiercelError,
  TiercelError,
} from './define-errors.js';
export { KernelError } from './errors.js';
export {
  type LoadManifestOptions,
  loadManifest,
  type ManifestData,
  type PluginEntryData,
} from './load-manifest.js';
export { type LoadedPlugin, loadPlugins } from './load-plugins.js';
export type { Device, Manifest, Placement, PluginEntry, Position } from './manifest.js';
export { Node, type StartOptions } from './node.js';
export {
  type Plan,
  type PlanInput,
  type PlannedDep,
  type PlannedPlugin,
  type ProviderRef,
  plan,
} from './plan.js';
export {
  definePlugin,
  type Needs,
  type Plugin,
  type PluginHealth,
  type Provision,
  provide,
  type Releasable,
  type SetupContext,
} from './plugin.js';
export type { NodeEvent, PluginState, PluginStatus } from './plugin-status.js';
export { formatPosition, formatProblems, type Problem } from './problem.js';
export { type ProblemCode, problemCatalogue } from './problems.js';
export { type InjectableClass, inject } from './registry.js';
export { type Deps, lazy, many, one, optional } from './requirement.js';
export { supply } from './supply.js';
export { usableCores } from './usable-cores.js';
export { type Environment, evaluateWhen, parseFlag, type WhenResult } from './when.js';
