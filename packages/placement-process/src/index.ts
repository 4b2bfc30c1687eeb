export { PlacementError } from './errors.js';
export {
  createProcessPlacement,
  type ProcessPlacementOptions,
  processPlacement as default,
  processPlacement,
} from './process-placement.js';
export type { ChildFacts } from './supervisor.js';
