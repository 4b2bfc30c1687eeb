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
  CLI_NAME_UNKNOWN: (d: { name: string; tier: string; near: readonly string[] }) =>
    `Tier ${d.tier} knows no capability and no plugin "${d.name}".${d.near.length > 0 ? ` Did you mean ${d.near.join(' or ')}?` : ''} Run "tiercel plan" to see what there is.`,
  CLI_LOCK_UNREADABLE: (d: { file: string; reason: string }) =>
    `Lock file ${d.file} cannot be read: ${d.reason}. Write it with "tiercel lock", or name another.`,
  CLI_LOCK_UNWRITABLE: (d: { file: string; reason: string }) =>
    `Lock file ${d.file} cannot be written (${d.reason}). Name another with --output.`,
  CLI_MODEL_UNKNOWN: (d: { model: string; plugin: string }) =>
    `Plugin ${d.plugin} names the model ${d.model}, which is no file here and in no catalogue. Use a name from "tiercel models list".`,
  CLI_ARGS_INVALID: (d: { finding: string }) =>
    `The text after --args cannot be used: ${d.finding}. Write a JSON object in single quotes, such as '{"expression": "2 + 2"}'.`,
  CLI_AUDIT_MISSING: (d: { folder: string }) =>
    `There is no folder ${d.folder}. Name the audit folder of a node: "audit" in its DATA_DIR, unless tool-registry names another.`,
  CLI_TOOL_REFUSED: (d: { tool: string }) =>
    `Tool ${d.tool} was not run: you did not say yes. Call it again and type yes, or add --yes.`,
  CLI_SCHEMA_UNREADABLE: (d: { file: string; reason: string }) =>
    `Schema file ${d.file} cannot be used: ${d.reason}. Name a file with one JSON Schema in it.`,
  CLI_CORE_NOT_STARTED: (d: { tier: string; finding: string; tail: string }) =>
    `The core node (tier ${d.tier}) did not start: ${d.finding}. It said:\n${d.tail}`,
  CLI_CORE_NOT_REGAINED: (d: { waitedMs: number; losses: readonly string[] }) =>
    `The edge did not use the core again within ${d.waitedMs} ms: ${d.losses.join('; ')}. Run it with --debug to see why.`,
  CLI_WORLD_NOT_SHARED: (d: { key: string; waitedMs: number }) =>
    `The neighbour did not see the change of "${d.key}" within ${d.waitedMs} ms. Run it with --debug to see what the broker and the core say.`,
  CLI_ENTRY_UNKNOWN: (d: { key: string }) =>
    `The world model has nothing at or below "${d.key}". Run "tiercel world snapshot" to see what there is.`,
  CLI_WORLD_TWICE: (_: object) =>
    'Both --tier and --url name a world model. Leave one out: --url asks a node that runs, --tier starts one.',
  CLI_WORLD_IN_USE: (_: object) =>
    'A running node has this world model for itself. Ask that node: add --url with the address of its listener, such as --url http://127.0.0.1:5678 (WORLD_MODEL_PORT).',
  CLI_WORLD_MISSING: (d: { tier: string; findings: readonly string[] }) =>
    `Tier ${d.tier} has no world model now${d.findings.length > 0 ? `: ${d.findings.join('; ')}` : ''}. Mend that, name another tier, or ask a running node with --url.`,
  CLI_WORLD_UNREACHABLE: (d: { url: string; finding: string }) =>
    `The world model at ${d.url} cannot be asked: ${d.finding}. Start the node that serves it (group "world" of its gateway), or name another with --url.`,
  CLI_WORLD_KEY_WRONG: (d: { url: string }) =>
    `The world model at ${d.url} wants a key that it knows. Set WORLD_MODEL_API_KEY to one.`,
  CLI_WORLD_REFUSED: (d: { url: string; status: number; finding: string }) =>
    `The world model at ${d.url} refused with ${d.status}: ${d.finding}`,
  CLI_WATCH_UNREADABLE: (d: { finding: string }) =>
    `The stream of changes cannot be read: ${d.finding}. Start again; --after goes on after a revision.`,
  CLI_IMPORT_INVALID: (d: { file: string; findings: readonly string[]; more: number }) =>
    `${d.file} was not imported:\n  ${d.findings.join('\n  ')}${d.more > 0 ? `\n  and ${d.more} more` : ''}\nMend these lines; nothing was written.`,
  CLI_EXPORT_UNWRITABLE: (d: { file: string; reason: string }) =>
    `${d.file} cannot be written (${d.reason}). Name another with --output.`,
  CLI_DISCOVERY_MISSING: (d: { tier: string }) =>
    `Tier ${d.tier} finds no services now. Add discovery-static, discovery-consul or discovery-mdns to its manifest, or name another tier with --tier.`,
  CLI_INTERRUPTED: (d: { signal: string }) =>
    `Given up because of ${d.signal}. Start it again when you like.`,
});
