export { type Fact, type TinyArchitecture, tinyArchitectures } from './tiny-architectures.js';
export { type TinyGgufOptions, tinyGguf, writeTinyGguf } from './write-tiny-gguf.js';
