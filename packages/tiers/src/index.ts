export { chooseTier, type TierChoice } from './choose-tier.js';
export { pluginCatalogue } from './plugin-catalogue.js';
export { type TierName, tierNames, tierPath } from './tiers.js';
