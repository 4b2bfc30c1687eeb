import { defineErrors } from '@tiercel/kernel';

export const CliError = defineErrors('CliError', {
  CLI_USAGE: (d: { finding: string; command: string }) =>
    `${d.finding}. Run "${d.command} --help" to see what it takes.`,
  CLI_TIER_UNKNOWN: (d: { tier: string; known: readonly string[] }) =>
    `There is no tier "${d.tier}", and no file of that name. Use ${d.known.join(', ')}, or the path of a manifest.`,
  CLI_TEXT_EMPTY: (d: { command: string }) =>
    `There is nothing to say: the text is empty. Put it in quotes after "${d.command}".`,
  CLI_FILES_UNUSABLE: (d: { findings: readonly string[] }) =>
    `${d.findings.length} files cannot be used:\n  ${d.findings.join('\n  ')}`,
  CLI_MODELS_DAMAGED: (d: { models: readonly string[] }) =>
    `Damaged or missing: ${d.models.join(', ')}. Run "tiercel models pull" with a name to mend it.`,
  CLI_INTERRUPTED: (d: { signal: string }) =>
    `Given up because of ${d.signal}. Start it again when you like.`,
});
