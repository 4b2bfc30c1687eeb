import { defineErrors } from '@tiercel/kernel';

const pullAgain = ({ model }: { model: string }) =>
  `Run "tiercel models verify ${model}", then "tiercel models pull ${model}".`;

export const SherpaError = defineErrors('SherpaError', {
  SPEECH_ENGINE_NOT_INSTALLED: (d: { platform: string }) =>
    `The speech engine sherpa-onnx-node cannot be loaded on ${d.platform}. It has builds for Linux with glibc (x64, arm64), macOS and Windows; run "npm install" there without --omit=optional, or use speech providers that run elsewhere.`,
  SPEECH_ENGINE_FACT_WRONG: (d: { model: string; fact: string; expected: string }) =>
    `Model ${d.model} cannot be used: its fact "${d.fact}" must be ${d.expected}. Correct the model's entry in the catalogue, or name another model.`,
  SPEECH_ENGINE_FILE_UNREADABLE: (d: { model: string; file: string; finding: string }) =>
    `Model ${d.model} cannot be used: ${d.file} ${d.finding}. ${pullAgain(d)}`,
  SPEECH_ENGINE_FILE_FOREIGN: (d: { model: string; file: string; finding: string }) =>
    `Model ${d.model} cannot be used: ${d.file} is not an ONNX model but ${d.finding}. ${pullAgain(d)}`,
  SPEECH_ENGINE_FILE_TRUNCATED: (d: { model: string; file: string; bytes: number }) =>
    `Model ${d.model} cannot be used: ${d.file} ends too early, after ${d.bytes} bytes. ${pullAgain(d)}`,
  SPEECH_ENGINE_FILE_WRONG: (d: { model: string; file: string; expected: string; finding: string }) =>
    `Model ${d.model} cannot be used: ${d.file} is not ${d.expected}, it ${d.finding}. Correct the file's role in the catalogue, or name a model of the right kind.`,
  SPEECH_ENGINE_TOKENS_WRONG: (d: { model: string; file: string; expected: string; line: number }) =>
    `Model ${d.model} cannot be used: line ${d.line} of ${d.file} is not ${d.expected}. Correct the file's role in the catalogue, or name a model of the right kind.`,
  SPEECH_ENGINE_LOAD_FAILED: (d: { model: string; finding: string }) =>
    `The speech engine refused model ${d.model}: ${d.finding}. ${pullAgain(d)}`,
  SPEECH_ENGINE_DEAF: (d: { model: string; finding: string }) =>
    `Model ${d.model} was loaded but failed its hearing test: ${d.finding}. ${pullAgain(d)}`,
  SPEECH_ENGINE_WORKER_LOST: (d: { model: string; finding: string }) =>
    `The thread that runs ${d.model} ended: ${d.finding}. Restart the node; if it happens again, give it more memory or fewer models.`,
  SPEECH_ENGINE_PHONEMES_FIXED: (d: { directory: string; inUse: string }) =>
    `Phonemes from ${d.directory} cannot be used: this process already uses ${d.inUse}, and the engine can load one folder only. Keep the phonemes of both voices in one folder, or run the second voice on another node.`,
});
