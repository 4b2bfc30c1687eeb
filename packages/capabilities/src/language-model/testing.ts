export { FakeLanguageModel, type FakeLanguageModelOptions, type FakeReply } from './fake-language-model.js';
export {
  describeLanguageModelContract,
  type LanguageModelContractOptions,
  type OpenLanguageModel,
} from './language-model-contract.js';
