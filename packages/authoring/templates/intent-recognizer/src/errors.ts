import { defineErrors } from '@tiercel/kernel';

export const SentenceError = defineErrors('SentenceError', {
  SENTENCES_INVALID: (d: { findings: readonly string[] }) =>
    `The commands cannot be used: ${d.findings.join('; ')}. Mend them under "commands" in the manifest.`,
});
