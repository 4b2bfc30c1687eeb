export { LanguageModelError, type ServerAttempt } from './errors.js';
export {
  type FinishReason,
  LanguageModel,
  type LanguageModelEvent,
  type LanguageModelFeatures,
  type ModelCallOptions,
  type ModelMessage,
  type ModelRequest,
  type ModelTool,
  type ModelToolCall,
  type ModelUsage,
} from './language-model.js';
export { type PartialAnswer, partialOf, withPartial } from './partial-answer.js';
export { checkModelRequest } from './request-rules.js';
