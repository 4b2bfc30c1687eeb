export { WorldModelError } from './errors.js';
export {
  type WorldChange,
  type WorldEntry,
  WorldModel,
  type WorldObservation,
  type WorldSnapshot,
  type WorldValue,
} from './world-model.js';
export { checkWorldKey, checkWorldPrefix, copyWorldValue, isAtOrBelow, worldLimits } from './world-rules.js';
