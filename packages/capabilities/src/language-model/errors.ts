import { defineErrors } from '@tiercel/kernel';

export const LanguageModelError = defineErrors(
  'LanguageModelError',
  {
    LANGUAGE_MODEL_CONTEXT_EXCEEDED: (d: { inputTokens: number; allowedTokens: number }) =>
      `The prompt has ${d.inputTokens} tokens and this model takes ${d.allowedTokens}. Shorten the conversation, or use a model or a setting with more context.`,
    LANGUAGE_MODEL_SCHEMA_UNSUPPORTED: (d: { finding: string }) =>
      `This model cannot be held to the response schema: ${d.finding}. Simplify the schema, or use another model.`,
    LANGUAGE_MODEL_SCHEMA_VIOLATED: (d: { findings: readonly string[] }) =>
      `The model's answer does not fit the response schema after one repair: ${d.findings.join('; ')}. Simplify the schema or the question.`,
    LANGUAGE_MODEL_REQUEST_INVALID: (d: { findings: readonly string[] }) =>
      `The model request is not valid: ${d.findings.join('; ')}. Mend these fields.`,
    LANGUAGE_MODEL_OVERLOADED: (d: { waiting: number; limit: number }) =>
      `${d.waiting} calls already wait for the model (limit ${d.limit}). Try again later.`,
    LANGUAGE_MODEL_TIMEOUT: (d: { phase: string; waitedMs: number }) =>
      `The model made no progress for ${d.waitedMs} ms (${d.phase}). Try again, or raise the limit if it is only slow.`,
    LANGUAGE_MODEL_SLOW_CONSUMER: (d: { parts: number }) =>
      `The reader of this answer is ${d.parts} parts behind, so it was ended. Read the stream without waiting in between.`,
    LANGUAGE_MODEL_FAILED: (d: { model: string; finding: string }) =>
      `Model ${d.model} failed: ${d.finding}. Verify it with "tiercel models verify".`,
  },
  { retryable: ['LANGUAGE_MODEL_OVERLOADED', 'LANGUAGE_MODEL_TIMEOUT'] },
);
