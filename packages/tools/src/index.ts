export { LoopGuard } from './loop-guard.js';
export { createToolRegistry, type ToolRegistry, type ToolRegistryOptions } from './tool-registry.js';
