export {
  ConversationRecorder,
  type OpenConversationRecorderOptions,
  openConversationRecorder,
} from './conversation-recorder.js';
export { ConversationError } from './errors.js';
export { type HoldConversationOptions, holdConversation } from './hold-conversation.js';
export { type Recording, readRecording } from './recording.js';
export { type RecordingEvent, RecordingsInput, type RecordingsInputOptions } from './recordings-input.js';
export { emptyTurn, summarizeTurn, type TurnSummary } from './summarize-turn.js';
