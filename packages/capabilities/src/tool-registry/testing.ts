export {
  describeToolRegistryContract,
  type OpenToolRegistry,
  type ToolRegistryContractOptions,
} from './contract.js';
export { type FakeRegistryCall, FakeToolRegistry } from './fake-tool-registry.js';
