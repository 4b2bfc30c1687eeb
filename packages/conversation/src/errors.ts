import { defineErrors } from '@tiercel/kernel';

export const ConversationError = defineErrors('ConversationError', {
  CONVERSATION_TURN_STUCK: (d: { recording: string; waitedMs: number }) =>
    `The turn that "${d.recording}" began was not over after ${d.waitedMs} ms. Look for a stage that hangs in the log of the node, or raise turnTimeoutMs if its models are only slow.`,
});
