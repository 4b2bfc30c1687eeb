export { GgufError } from './errors.js';
export { isGgufPath } from './is-gguf-path.js';
export { estimateMemoryMiB, type ModelMemory, modelMemory } from './model-memory.js';
export { type GgufFile, readGguf } from './read-gguf.js';
