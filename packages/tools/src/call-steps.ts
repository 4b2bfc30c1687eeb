import { ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { Approvals } from './approvals.js';
import type { AuditTrail } from './audit/audit-trail.js';
import { outcomeOf } from './audit/call-audit.js';
import { redact } from './audit/redact.js';
import { canonicalJson, sha256 } from './canonical-json.js';
import { cleanResult } from './clean-result.js';
import { type Delay, withDeadline } from './deadline.js';
import { OnceCalls } from './once-calls.js';
import type { PendingCall } from './pending-call.js';
import { TurnGuards } from './turn-guards.js';

/** One station of every call: it refuses, or goes on with `next` and may treat what comes back. */
export type Step = (
  call: PendingCall,
  next: (call: PendingCall) => Promise<ToolResult>,
) => Promise<ToolResult>;

const AUDIT_TIMEOUT_MS = 5_000;

export interface CallStepsOptions {
  readonly nowMs: () => number;
  readonly delay: Delay;
  readonly trail: AuditTrail | undefined;
}

/** The stations of one registry, and what they remember. */
export class CallSteps {
  readonly approvals: Approvals;
  readonly once: OnceCalls;
  readonly #turns = new TurnGuards();
  readonly #delay: Delay;
  readonly #trail: AuditTrail | undefined;

  constructor({ nowMs, delay, trail }: CallStepsOptions) {
    this.approvals = new Approvals(nowMs);
    this.once = new OnceCalls(nowMs);
    this.#delay = delay;
    this.#trail = trail;
  }

  /** In this order, before the tool itself. */
  get all(): readonly Step[] {
    return [
      checkPolicy,
      checkArguments,
      this.doOnce,
      this.guardTurn,
      this.askApproval,
      this.record,
      cleanOutput,
    ];
  }

  readonly doOnce: Step = async (call, next) => {
    const { facts, fingerprint, tool, signal } = call;
    const { caller, idempotencyKey } = facts;
    if (idempotencyKey === undefined) return next(call);
    const keyed = { caller, idempotencyKey, fingerprint, tool: tool.descriptor.name, signal };
    if (this.once.knows(keyed)) {
      call.audit.repeated(sha256(idempotencyKey)).catch(ignoreUnwritten);
    }
    return this.once.run(keyed, (shared, begin) => next({ ...call, signal: shared, begin }));
  };

  readonly guardTurn: Step = async (call, next) => {
    const { tool, facts } = call;
    const { caller, turnId, approval } = facts;
    // The call that brings an approval is the one that asked for it, and that has been counted.
    const isCounted = tool.policy === 'ask' && approval !== undefined;
    if (turnId === undefined || isCounted) return next(call);
    if (this.#turns.admits(JSON.stringify([caller, turnId]), call.fingerprint)) return next(call);
    throw new ToolError('TOOL_REPEATED', { tool: tool.descriptor.name, runs: TurnGuards.maxRuns });
  };

  readonly askApproval: Step = async (call, next) => {
    const { tool, args, facts } = call;
    if (tool.policy !== 'ask') return next(call);
    const { name } = tool.descriptor;
    const asked = { caller: facts.caller, tool: name, fingerprint: call.fingerprint };
    if (facts.approval === undefined) {
      const id = this.approvals.ask(asked);
      const expiresInMs = Approvals.expiresInMs;
      throw new ToolError('TOOL_APPROVAL_NEEDED', {
        tool: name,
        id,
        arguments: Object.keys(args),
        expiresInMs,
      });
    }
    if (this.approvals.take(facts.approval, asked)) return next(call);
    throw new ToolError('TOOL_APPROVAL_INVALID', { tool: name });
  };

  /** Writes down the start and the end. What can be put back runs even if it cannot be written down. */
  readonly record: Step = async (call, next) => {
    const { audit, tool } = call;
    if (!this.#trail) return next(call);
    const isDurable = tool.descriptor.effect === 'destructive';
    const end = (outcome: Parameters<typeof audit.end>[0]) => {
      audit.end(outcome, { isDurable }).catch(ignoreUnwritten);
    };
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      call.begin();
    };
    try {
      await this.#recordStart(call, isDurable);
      const result = await next({ ...call, begin });
      end({ outcome: 'ok', bytes: Buffer.byteLength(JSON.stringify(result)) });
      return result;
    } catch (error) {
      end(outcomeOf(error, call.signal, hasBegun));
      throw error;
    }
  };

  async #recordStart(call: PendingCall, isDurable: boolean): Promise<void> {
    const { audit, tool, args, facts, signal } = call;
    const { effect, name, parameters, server } = tool.descriptor;
    const { idempotencyKey, hops } = facts;
    const written = audit.start(
      {
        plugin: tool.plugin,
        server,
        effect,
        hops: hops === 0 ? undefined : hops,
        decision: tool.policy === 'ask' ? 'approved' : 'allowed',
        args: redact(args, parameters),
        keySha256: idempotencyKey === undefined ? undefined : sha256(idempotencyKey),
      },
      { isDurable },
    );
    written.catch(ignoreUnwritten);
    // Reading changes nothing, so it does not wait for the disk, unless that falls behind.
    if (effect === 'read' && !this.#trail?.isBehind) return;
    const unwritable = (cause?: unknown) => new ToolError('TOOL_AUDIT_UNWRITABLE', { tool: name }, { cause });
    try {
      const options = { delay: this.#delay, signal, timeoutMs: AUDIT_TIMEOUT_MS, onTimeout: unwritable };
      await withDeadline(options, () => written);
    } catch (cause) {
      signal?.throwIfAborted();
      if (isDurable) throw unwritable(cause);
    }
  }
}

/** Whoever may never run it, or cannot ask, learns nothing about its arguments. */
const checkPolicy: Step = async (call, next) => {
  const { tool, facts } = call;
  const { policy } = tool;
  const canBeAsked = facts.canAsk === true || facts.approval !== undefined;
  if (policy === 'allow' || (policy === 'ask' && canBeAsked)) return next(call);
  throw new ToolError('TOOL_DENIED', { tool: tool.descriptor.name, policy });
};

const checkArguments: Step = async (call, next) => {
  const { tool, args } = call;
  const findings = tool.check(args);
  const { name } = tool.descriptor;
  if (findings.length > 0) throw new ToolError('TOOL_ARGUMENTS_INVALID', { tool: name, findings });
  // Not before they are known to be small.
  const json = canonicalJson(args);
  const fingerprint = sha256(`${name} ${json}`);
  call.audit.identify(fingerprint);
  // A copy: what was checked and approved is what runs, whatever the caller does with its own.
  return next({ ...call, fingerprint, args: JSON.parse(json) as typeof args });
};

const cleanOutput: Step = async (call, next) =>
  cleanResult(call.tool.descriptor.name, await next(call), call.tool.limits.outputBytes);

/** The trail itself tells that it cannot be written; the call goes on. */
function ignoreUnwritten(): void {}
