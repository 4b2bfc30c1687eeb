export { type BootOptions, boot } from './boot.js';
export {
  type ChildController,
  childController,
  type Deadline,
  openDeadline,
  raceSignal,
} from './deadline.js';
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
} from './manifest/load-manifest.js';
export type { Device, Manifest, PlacementName, PluginEntry, Position } from './manifest/manifest.js';
export { manifestSchema } from './manifest/manifest-shape.js';
export { type Environment, evaluateWhen, parseFlag, type WhenResult } from './manifest/when.js';
export { nearest } from './nearest.js';
export type { LostEvents } from './node/event-stream.js';
export { type Change, type ChangeOptions, Node, type StartOptions } from './node/node.js';
export type { Placement, PlacementHost } from './node/placement.js';
export type { NodeDescription, NodeEvent, PluginState, PluginStatus } from './node/plugin-status.js';
export { type InjectableClass, inject } from './node/registry.js';
export { RunningPlugin } from './node/running-plugin.js';
export type { ConfigSource } from './plan/config.js';
export type { Fit } from './plan/device-fit.js';
export type { Estimator } from './plan/estimate-needs.js';
export type { ConfigFiles } from './plan/fill-in.js';
export {
  type Catalogue,
  type FindOptions,
  type FoundPlugin,
  findPlugins,
  packageEntry,
} from './plan/find-plugins.js';
export { type Machine, measureMachine, usableCores, usableMemoryMiB } from './plan/machine.js';
export {
  type Plan,
  type PlanInput,
  type PlannedDep,
  type PlannedPlugin,
  type ProviderRef,
  plan,
} from './plan/plan.js';
export { type Planned, type PlanOptions, planManifest } from './plan/plan-manifest.js';
export { formatPosition, formatProblems, type Problem } from './plan/problem.js';
export { type ProblemCode, problemCatalogue } from './plan/problems.js';
export {
  type Capability,
  type CapabilityDefinition,
  type CircuitStatus,
  type Compose,
  capabilityKey,
  circuitsOf,
  defineCapability,
  type MethodShape,
  type MethodShapes,
  type NamedProvider,
} from './plugin/capability.js';
export type { Config, ConfigFormat, ConfigKey, ConfigSchema, ConfigValue } from './plugin/config-schema.js';
export {
  type DeclaredContract,
  type DeclaredProvision,
  type DeclaredRequirement,
  declarationOf,
  type PluginDeclaration,
} from './plugin/declaration.js';
export {
  definePlugin,
  type Needs,
  type NodeView,
  type Plugin,
  type PluginHealth,
  type Provision,
  provide,
  type Releasable,
  type SetupContext,
} from './plugin/plugin.js';
export {
  differingPaths,
  type PluginFile,
  parsePluginFile,
  pluginFileName,
  pluginFileOf,
  pluginFileSchema,
} from './plugin/plugin-file.js';
export { type Deps, lazy, many, normalizeRequirement, one, optional } from './plugin/requirement.js';
export { supply } from './plugin/supply.js';
