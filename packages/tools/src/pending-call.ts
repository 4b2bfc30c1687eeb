import type { CallAudit } from './audit/call-audit.js';
import type { CallFacts } from './call-facts.js';
import type { RegisteredTool } from './registered-tool.js';

/** One call on its way to its tool. */
export interface PendingCall {
  readonly id: string;
  readonly tool: RegisteredTool;
  /** Does it when the server of `tool` is out of reach. */
  readonly standIn: RegisteredTool | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  /** SHA-256 of the tool and its arguments; empty until they have been checked. */
  readonly fingerprint: string;
  readonly facts: CallFacts;
  readonly signal: AbortSignal | undefined;
  readonly audit: CallAudit;
  /** Called right before the tool is. */
  readonly begin: () => void;
}
