import type { ToolEffect } from '@tiercel/capabilities/tool-provider';

/** What every record of one call says. */
interface CallRecord {
  /** Of this call; its start and its end carry the same. */
  readonly call: string;
  readonly caller: string;
  readonly tool: string;
}

/** A call that is about to run. */
export interface StartRecord extends CallRecord {
  readonly kind: 'start';
  readonly requestId?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly hops?: number | undefined;
  readonly plugin: string;
  /** Where it runs, if not here. */
  readonly server?: string | undefined;
  readonly effect: ToolEffect;
  readonly decision: 'allowed' | 'approved';
  /** Without secrets, and with long values cut. */
  readonly args: unknown;
  /** Of the tool's name and the canonical JSON of the raw arguments. */
  readonly argsSha256: string;
  /** Of the idempotency key, if there was one. */
  readonly keySha256?: string | undefined;
}

/** `refused`: it never began, because there was no free place, the log could not be written, or its caller left. */
export type CallOutcome = 'ok' | 'failed' | 'timeout' | 'cancelled' | 'refused';

export interface EndRecord extends CallRecord {
  readonly kind: 'end';
  readonly outcome: CallOutcome;
  /** Of the error, where it is from a catalogue. */
  readonly code?: string | undefined;
  /** Of a cancelled call: code or name of the signal's reason. */
  readonly cancelCause?: string | undefined;
  /** Of the result that the caller got, as JSON. */
  readonly bytes?: number | undefined;
  readonly ms: number;
  /** The server was out of reach, so it ran here. */
  readonly isStandIn?: true | undefined;
}

/** A call that was not run. */
export interface RefusedRecord extends CallRecord {
  readonly kind: 'refused';
  readonly requestId?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly code: string;
  /** Missing when it was refused before its arguments were found to fit. */
  readonly argsSha256?: string | undefined;
}

/** A call that was answered with the result of an earlier one with the same key. */
export interface RepeatedRecord extends CallRecord {
  readonly kind: 'repeated';
  readonly requestId?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly argsSha256: string;
  readonly keySha256: string;
}

/** A person said no. */
export interface DeclinedRecord {
  readonly kind: 'declined';
  readonly caller: string;
  readonly tool: string;
  readonly argsSha256: string;
}

export type AuditRecord = StartRecord | EndRecord | RefusedRecord | RepeatedRecord | DeclinedRecord;

/** Where the records of calls go, in order. */
export interface AuditTrail {
  /** Many records wait: then calls that change nothing wait for theirs, too. */
  readonly isBehind: boolean;
  /**
   * Settles when the operating system has the record, or the disk if it `isDurable`. Rejects when it cannot be written; the
   * records after it may still be.
   */
  append(record: AuditRecord, options?: { readonly isDurable?: boolean }): Promise<void>;
}
