export { type BootTestOptions, bootTest, type TestNode } from './boot-test.js';
export {
  describeInEveryPlacement,
  type EveryPlacementOptions,
  type OpenedProvider,
  type PlacementUnderTest,
} from './describe-in-every-placement.js';
export { describeWithMosquitto } from './describe-with-mosquitto.js';
export { TestkitError } from './errors.js';
export type { Fakes } from './fakes.js';
export {
  type CallFault,
  type CrashFault,
  type FailFault,
  type FaultScript,
  type Faults,
  faulty,
  type StreamFault,
} from './faulty.js';
export { type JitterOptions, jittery } from './jittery.js';
export { type KillProcessOptions, killProcessOf } from './kill-process-of.js';
export { expectNoLeaks, type LeakCheck, type LeakCheckOptions, openLeakCheck } from './leak-check.js';
