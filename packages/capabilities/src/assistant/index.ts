export {
  Assistant,
  type AssistantEvent,
  type AssistantInput,
  type ConverseOptions,
  type RejectionEvidence,
  type Timeline,
  type TurnOutcome,
  type TurnPath,
} from './assistant.js';
