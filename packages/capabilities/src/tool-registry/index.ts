export { type ListedTool, type RegistryCallOptions, ToolRegistry } from './tool-registry.js';
