export {
  type AssistantContractOptions,
  describeAssistantContract,
  type OpenAssistant,
} from './assistant-contract.js';
export { ConversationProbe, type ConversationProbeOptions } from './conversation-probe.js';
export { type FakeApproval, FakeAssistant, type FakeAssistantOptions } from './fake-assistant.js';
