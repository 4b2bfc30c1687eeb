import { defineErrors } from '@tiercel/kernel';

export const PhrasesError = defineErrors('PhrasesError', {
  PHRASES_TEMPLATES_INVALID: (d: { findings: readonly string[] }) =>
    `Some phrases of the tools cannot be used: ${d.findings.join('; ')}. Mend these templates where the tool is declared.`,
});
