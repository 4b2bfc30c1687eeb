export { type TierName, tierNames, tierPath } from './tiers.js';
