import { defineErrors } from '@tiercel/kernel';

export const CliError = defineErrors('CliError', {
  CLI_USAGE: (d: { finding: string; command: string }) =>
    `${d.finding}${d.finding.endsWith('?') ? '' : '.'} Run "${d.command} --help" to see what it takes.`,
  CLI_TIER_UNKNOWN: (d: { tier: string; known: readonly string[] }) =>
    `There is no tier "${d.tier}", and no file of that name. Use ${d.known.join(', ')}, or the path of a manifest.`,
  CLI_VARIABLE_WRONG: (d: { variable: string; value: string; expected: string }) =>
    `Environment variable ${d.variable} is ${JSON.stringify(d.value)}. Set it to ${d.expected}, or remove it.`,
  CLI_TEXT_EMPTY: (d: { command: string }) =>
    `There is nothing to say: the text is empty. Put it in quotes after "${d.command}".`,
  CLI_TEXT_UNSPEAKABLE: (d: { voice: string }) =>
    `Voice ${d.voice} finds nothing in this text that can be spoken. Put words in it.`,
  CLI_TIER_MUTE: (d: { tier: string }) =>
    `Tier ${d.tier} has no voice, so there is nothing to hear or to record. Use a tier with text-to-speech, such as mid, or leave --output out.`,
  CLI_LANGUAGE_UNKNOWN: (d: { language: string; languages: readonly string[] }) =>
    `Nothing on this node understands spoken "${d.language}". Use one of ${d.languages.join(', ')}.`,
  CLI_OUTPUT_FAILED: (d: { reason: string }) =>
    `Standard output could not be written (${d.reason}). Make room, or send it somewhere else.`,
  CLI_FILES_UNUSABLE: (d: { findings: readonly string[] }) =>
    `${d.findings.length} files cannot be used:\n  ${d.findings.join('\n  ')}`,
  CLI_MODELS_DAMAGED: (d: { models: readonly string[] }) =>
    `Damaged or missing: ${d.models.join(', ')}. Run "tiercel models pull" with a name to mend it.`,
  CLI_INTERRUPTED: (d: { signal: string }) =>
    `Given up because of ${d.signal}. Start it again when you like.`,
});
