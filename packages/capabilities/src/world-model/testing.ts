export { describeWorldModelContract, type OpenWorldModel } from './contract.js';
export { FakeWorldModel, type FakeWorldModelOptions } from './fake-world-model.js';
