export { LanguageModelError } from './errors.js';
export {
  type FinishReason,
  LanguageModel,
  type LanguageModelEvent,
  type LanguageModelFeatures,
  type ModelMessage,
  type ModelRequest,
  type ModelTool,
  type ModelToolCall,
  type ModelUsage,
} from './language-model.js';
