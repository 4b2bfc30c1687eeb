export { claimPhonemes } from './claim-phonemes.js';
export { cpuProvider } from './cpu-provider.js';
export { SherpaError } from './errors.js';
export { loadSherpa } from './load-sherpa.js';
export { countOf, fileOf, namesOf, requireFact } from './model-facts.js';
export type { OnnxSignature } from './onnx-signature.js';
export { checkOnnx, checkTokens, type OnnxExpectation, type TokensExpectation } from './preflight.js';
export { type ProbeOptions, type ProbeTarget, probeModel } from './probe-model.js';
export {
  type RecognizeRequest,
  RecognizerThread,
  type RecognizerThreadOptions,
} from './recognizer-thread.js';
export { SerialLane, type SerialLaneOptions } from './serial-lane.js';
export type {
  OfflineRecognizerConfig,
  OfflineTts,
  OfflineTtsConfig,
  SherpaOnnx,
  TtsRequest,
  Vad,
  VadConfig,
} from './sherpa-onnx.js';
export { type ThreadBudgetOptions, threadBudget } from './thread-budget.js';
export { untilAborted } from './until-aborted.js';
