import { defineErrors } from '@tiercel/kernel';

export const GgufError = defineErrors('GgufError', {
  GGUF_MISSING: (d: { file: string }) =>
    `Model file ${d.file} does not exist or cannot be read. Correct the path (LLM_MODEL_PATH), or download the model.`,
  GGUF_INVALID: (d: { file: string; finding: string }) =>
    `${d.file} is not a usable GGUF model: ${d.finding}. Copy or download it again.`,
  GGUF_TRUNCATED: (d: { file: string; bytes: number; neededBytes: number }) =>
    `${d.file} has ${d.bytes} bytes, and its header speaks of ${d.neededBytes}. The file is cut off; copy or download it again.`,
});
