export { ToolError } from './errors.js';
export {
  type JsonSchema,
  type SlotSource,
  type ToolCallOptions,
  type ToolDescriptor,
  type ToolEffect,
  type ToolLimits,
  type ToolPhrases,
  type ToolPolicy,
  ToolProvider,
  type ToolResult,
} from './tool-provider.js';
