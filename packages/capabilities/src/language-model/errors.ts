import { defineErrors } from '@tiercel/kernel';

/** How one server failed in a call that another one might have answered. */
export interface ServerAttempt {
  /** Address without path, query and credentials. */
  readonly endpoint: string;
  readonly finding: string;
}

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
    LANGUAGE_MODEL_UNREACHABLE: (d: { attempts: readonly ServerAttempt[] }) =>
      [
        'No model server gave an answer. Start one, or correct its address; the call may be repeated.',
        ...d.attempts.map(({ endpoint, finding }) => `  ${endpoint}: ${finding}`),
      ].join('\n'),
    LANGUAGE_MODEL_STREAM_TRUNCATED: (d: { endpoint: string; finding: string }) =>
      `The answer of ${d.endpoint} broke off: ${d.finding}. What was said until then stands; ask again for the rest.`,
    LANGUAGE_MODEL_UNKNOWN: (d: { model: string; known: readonly string[] }) =>
      `No model is called "${d.model}". Known are ${d.known.join(', ') || 'none'}. Correct the name.`,
  },
  {
    retryable: [
      'LANGUAGE_MODEL_OVERLOADED',
      'LANGUAGE_MODEL_TIMEOUT',
      'LANGUAGE_MODEL_UNREACHABLE',
      'LANGUAGE_MODEL_STREAM_TRUNCATED',
    ],
  },
);
export type LanguageModelError = InstanceType<typeof LanguageModelError>;
