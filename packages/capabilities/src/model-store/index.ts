export { ModelStoreError } from './errors.js';
export { type Model, type ModelKind, ModelStore } from './model-store.js';
