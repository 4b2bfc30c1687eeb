export {
  type ApprovalDecision,
  Assistant,
  type AssistantEvent,
  type AssistantInput,
  type ConverseOptions,
  type PastTurn,
  type RejectionEvidence,
  type Timeline,
  type TurnOutcome,
  type TurnPath,
} from './assistant.js';
