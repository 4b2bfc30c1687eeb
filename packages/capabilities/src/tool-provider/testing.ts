export {
  describeToolProviderContract,
  type OpenToolProvider,
  type ToolProviderContractOptions,
} from './contract.js';
export { type FakeTool, type FakeToolCall, FakeToolProvider } from './fake-tool-provider.js';
