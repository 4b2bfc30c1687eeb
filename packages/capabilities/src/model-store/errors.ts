import { defineErrors } from '@tiercel/kernel';

/** What a model store finds wrong. Each message names the model, the finding and the command that mends it. */
export const ModelStoreError = defineErrors('ModelStoreError', {
  MODEL_UNKNOWN: (d: { model: string; known: readonly string[] }) =>
    `No model is called "${d.model}". Known are ${d.known.join(', ') || 'none'}. Correct the name, give a path that starts with "./" or "/", or add the model to a catalogue file ("tiercel models list" shows what there is).`,
  MODEL_KIND_WRONG: (d: { model: string; expected: string; found: string }) =>
    `Model ${d.model} cannot be used for ${d.expected}: it is ${d.found}. Name another one; "tiercel models list" shows each model's kind.`,
  MODEL_MISSING: (d: { model: string; finding: string; fix: string }) =>
    `Model ${d.model} was not found: ${d.finding}. ${d.fix}`,
  MODEL_CORRUPT: (d: { model: string; findings: readonly string[]; fix: string }) =>
    `Model ${d.model} is damaged and was not loaded: ${d.findings.join('; ')}. ${d.fix}`,
});
export type ModelStoreError = InstanceType<typeof ModelStoreError>;
