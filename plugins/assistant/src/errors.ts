import type { ApprovalDecision } from '@tiercel/capabilities/assistant';
import { defineErrors } from '@tiercel/kernel';

/** Texts name stages, rates, codes and durations, never what was said. */
export const AssistantError = defineErrors('AssistantError', {
  ASSISTANT_AUDIO_UNSUPPORTED: (d: { missing: readonly string[] }) =>
    `This node cannot listen: it has no ${d.missing.join(' and no ')}. Add ${d.missing.length === 1 ? 'a plugin that provides it' : 'plugins that provide them'} to the tier manifest, or send text only.`,
  ASSISTANT_RATE_WRONG: (d: { part: string; sampleRateHz: number; expectedRateHz: number }) =>
    `${d.part} has ${d.sampleRateHz} Hz and the assistant listens at ${d.expectedRateHz} Hz. Resample where the audio enters (Resampler of @tiercel/audio).`,
  ASSISTANT_INPUT_INVALID: (d: { finding: string }) =>
    `The conversation got an input that it does not know: ${d.finding}. Send audio, audio-end, text, played, cancel or approve.`,
  ASSISTANT_MODEL_MISSING: (_: object) =>
    'No fixed command matched, and this node has no language model to ask. Add a plugin that provides one (llm-local, llm-remote), or say a command as it is listed.',
  ASSISTANT_STAGE_FAILED: (d: { stage: string }) =>
    `The stage "${d.stage}" of the turn failed. The log holds the cause; the conversation goes on.`,
  ASSISTANT_STAGE_TIMEOUT: (d: { stage: string; waitedMs: number }) =>
    `The stage "${d.stage}" made no progress for ${d.waitedMs} ms and was given up. Try again, or raise its limit in the assistant's config if the machine is only slow.`,
  ASSISTANT_PLAYOUT_SILENT: (d: { waitedMs: number }) =>
    `Nobody reported for ${d.waitedMs} ms how far the reply was played. Send "played" at least every 100 ms while it sounds, or converse with voice: false.`,
  ASSISTANT_TURNS_WAITING: (d: { waiting: number }) =>
    `${d.waiting} turns already wait, so this one was refused. Wait for turn-end before sending more.`,
  ASSISTANT_APPROVAL_REFUSED: (d: { tool: string; decision: ApprovalDecision }) =>
    `Tool ${d.tool} was not run: its approval was ${d.decision}. Do not call it again before the person asks for it.`,
  ASSISTANT_TOOL_ROUNDS_EXCEEDED: (d: { rounds: number }) =>
    `The model asked for tools ${d.rounds} times in one turn without answering. Ask for less at once, or use a stronger model.`,
});
export type AssistantError = InstanceType<typeof AssistantError>;
