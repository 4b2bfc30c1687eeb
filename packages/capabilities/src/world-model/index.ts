export { WorldModelError } from './errors.js';
export { HybridClock, hlcTimeMs, isHlc } from './hybrid-clock.js';
export { worldLimits } from './world-limits.js';
export {
  type WorldChange,
  type WorldEntry,
  type WorldForgetting,
  type WorldHistory,
  WorldModel,
  type WorldObservation,
  type WorldRecord,
  type WorldSnapshot,
  type WorldValue,
} from './world-model.js';
export { type KnownOfKey, stampChange, type WorldStamp, WorldTombstones } from './world-order.js';
export { checkHlc, checkWorldKey, checkWorldPrefix, copyWorldValue, isAtOrBelow } from './world-rules.js';
