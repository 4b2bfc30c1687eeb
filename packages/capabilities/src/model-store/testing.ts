export { FakeModelStore } from './fake-model-store.js';
export { describeModelStoreContract, type OpenModelStore } from './model-store-contract.js';
