import { randomUUID } from 'node:crypto';
import type { Log } from '@tiercel/capabilities/log';
import {
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import type { ListedTool, RegistryCallOptions, ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { isTiercelError, raceSignal } from '@tiercel/kernel';
import type { AuditTrail } from './audit/audit-trail.js';
import { CallAudit } from './audit/call-audit.js';
import { readCallFacts } from './call-facts.js';
import { CallSteps, type Step } from './call-steps.js';
import { type Delay, realDelay, withDeadline } from './deadline.js';
import type { ExecutionMode, Placing } from './execution-mode.js';
import type { EarlierCall } from './once-calls.js';
import type { PendingCall } from './pending-call.js';
import { type PolicyOptions, PolicyRules } from './policy-rules.js';
import type { RegisteredTool } from './registered-tool.js';
import { runTool } from './run-tool.js';
import { emptyIndex, indexTools, type ListedSource, type ToolIndex, type ToolSource } from './tool-index.js';

const FIRST_LIST_TIMEOUT_MS = 10_000;
/** Somebody waits for an answer, and what a provider listed before is known. */
const LIST_TIMEOUT_MS = 1_000;
const MAX_TOLD = 1_000;

export interface ToolRegistryOptions extends PolicyOptions {
  /** Told about providers that cannot list their tools, and about tools that break. */
  readonly log?: Pick<Log, 'warn'> | undefined;
  /** Waits; tests pass the one of their clock. */
  readonly delay?: Delay | undefined;
  /** Monotonic time. */
  readonly nowMs?: (() => number) | undefined;
  /** Default `local`. */
  readonly mode?: ExecutionMode | undefined;
  /** Where each call is written down. Without it nothing is, and nothing depends on it. */
  readonly trail?: AuditTrail | undefined;
  /** Calls with idempotency keys that began before the node started. */
  readonly earlier?: readonly EarlierCall[] | undefined;
  /** Told after each listing how many tools there are on this node and on other machines. */
  readonly onList?: ((tools: { readonly here: number; readonly remote: number }) => void) | undefined;
  /** Told about each call that has ended: its tool if it is on the list, how long it took, and `ok` or the code of its error. */
  readonly onCall?: ((call: EndedCall) => void) | undefined;
}

export interface EndedCall {
  readonly tool: string | undefined;
  readonly ms: number;
  readonly outcome: string;
}

/** Makes the registry of these providers, in this order. Nothing is listed or called yet. */
export function createToolRegistry(
  providers: readonly (ToolProvider | { readonly plugin?: string; readonly provider: ToolProvider })[],
  options: ToolRegistryOptions = {},
): ToolRegistry {
  const sources = providers.map((entry, index) => {
    const plugin = `provider ${index + 1}`;
    return 'provider' in entry ? { plugin, ...entry } : { plugin, provider: entry };
  });
  return new SourcesToolRegistry(sources, options);
}

class SourcesToolRegistry implements ToolRegistry {
  readonly #sources: readonly ToolSource[];
  readonly #options: ToolRegistryOptions;
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #delay: Delay;
  readonly #nowMs: () => number;
  readonly #rules: { readonly mode: ExecutionMode; readonly policies: PolicyRules };
  readonly #steps: CallSteps;
  readonly #lastLists = new Map<ToolSource, readonly ToolDescriptor[]>();
  readonly #told = new Set<string>();
  #index: ToolIndex | undefined;
  #refreshing: Promise<ToolIndex> | undefined;

  constructor(sources: readonly ToolSource[], options: ToolRegistryOptions) {
    const { log, delay = realDelay, nowMs = () => performance.now(), mode = 'local', trail } = options;
    this.#sources = sources;
    this.#options = options;
    this.#log = log;
    this.#delay = delay;
    this.#nowMs = nowMs;
    this.#rules = { mode, policies: new PolicyRules(options) };
    this.#steps = new CallSteps({ nowMs, delay, trail });
    this.#steps.once.remember(options.earlier ?? []);
  }

  async list(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly ListedTool[]> {
    const { tools } = await this.#refreshed(options.signal);
    return [...tools.values()].map(({ tool: { descriptor, policy, limits, idempotent } }) => ({
      ...descriptor,
      policy,
      limits,
      idempotent,
    }));
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: RegistryCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const startedAtMs = this.#nowMs();
    let outcome = 'ok';
    try {
      return await this.#call(name, args, options);
    } catch (error) {
      outcome = codeOf(error, options.signal);
      throw error;
    } finally {
      const tool = this.#index?.tools.has(name) ? name : undefined;
      this.#options.onCall?.({ tool, outcome, ms: this.#nowMs() - startedAtMs });
    }
  }

  async refuse(
    approval: string,
    { caller = 'unknown' }: { readonly caller?: string | undefined } = {},
  ): Promise<void> {
    const declined = this.#steps.approvals.refuse(approval, caller);
    if (!declined) return;
    const { tool, fingerprint } = declined;
    const record = { kind: 'declined', caller, tool, argsSha256: fingerprint } as const;
    // The trail itself tells that it cannot be written.
    await this.#options.trail?.append(record).catch(() => undefined);
  }

  async #call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: RegistryCallOptions,
  ): Promise<ToolResult> {
    const tool = printable(name);
    const id = randomUUID();
    const audit = new CallAudit(
      this.#options.trail,
      {
        call: id,
        caller: printable(options.caller ?? 'unknown'),
        tool,
        requestId: options.requestId && printable(options.requestId),
        traceparent: options.traceparent && printable(options.traceparent),
      },
      this.#nowMs,
    );
    try {
      const facts = readCallFacts(tool, options);
      const placing = await this.#find(name, options.signal);
      const { signal } = options;
      const begin = () => undefined;
      const call = { id, standIn: undefined, ...placing, args, fingerprint: '', facts, signal, audit, begin };
      return await this.#runSteps(this.#steps.all, call);
    } catch (error) {
      // The trail itself tells that it cannot be written.
      audit.refuse(error).catch(() => undefined);
      throw error;
    }
  }

  async #find(name: string, signal: AbortSignal | undefined): Promise<Placing<RegisteredTool>> {
    const known = this.#index?.tools.get(name);
    if (known) return known;
    const { tools, withheld } = await this.#refreshed(signal);
    const found = tools.get(name);
    if (found) return found;
    const isMissing = withheld.has(name) && this.#rules.mode === 'remote';
    throw new ToolError(isMissing ? 'TOOL_REMOTE_MISSING' : 'TOOL_UNKNOWN', { tool: printable(name) });
  }

  #runSteps(steps: readonly Step[], call: PendingCall): Promise<ToolResult> {
    const [step, ...rest] = steps;
    if (step) return step(call, (next) => this.#runSteps(rest, next));
    return runTool(call, { delay: this.#delay, log: this.#log });
  }

  async #refreshed(signal: AbortSignal | undefined): Promise<ToolIndex> {
    return signal ? raceSignal(this.#refresh(), signal) : this.#refresh();
  }

  /** Callers that come while a refresh runs share it. */
  #refresh(): Promise<ToolIndex> {
    this.#refreshing ??= this.#listAll().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #listAll(): Promise<ToolIndex> {
    const listed = await Promise.all(this.#sources.map((source) => this.#listOne(source)));
    this.#index = indexTools(listed, this.#index ?? emptyIndex, this.#rules);
    this.#tellFindings(this.#index);
    this.#options.onList?.({ here: this.#index.here.size, remote: this.#index.remote.size });
    return this.#index;
  }

  /** Each finding once. */
  #tellFindings({ findings, here, remote, withheld }: ToolIndex): void {
    const { mode, policies } = this.#rules;
    const unused = policies.unusedNames([...here.keys(), ...remote.keys()]);
    const hidden = withheld.size === 0 ? [] : [[...withheld].sort()];
    const told = [
      ...findings.map((finding) => ['a tool of another machine is left out', { finding }] as const),
      ...unused.map((rule) => ['a policy is for no tool on offer', { rule }] as const),
      ...hidden.map((tools) => ['some tools do not run in this mode', { tools, mode }] as const),
    ];
    for (const [message, fields] of told) {
      const key = JSON.stringify([message, fields]);
      if (this.#told.has(key) || this.#told.size >= MAX_TOLD) continue;
      this.#told.add(key);
      this.#log?.warn(message, fields);
    }
  }

  async #listOne(source: ToolSource): Promise<ListedSource> {
    const timeoutMs = this.#lastLists.has(source) ? LIST_TIMEOUT_MS : FIRST_LIST_TIMEOUT_MS;
    try {
      const tools = await withDeadline(
        {
          delay: this.#delay,
          timeoutMs,
          onTimeout: () => new ToolError('TOOL_TIMEOUT', { tool: 'list', timeoutMs }),
        },
        () => source.provider.list(),
      );
      if (!isList(tools))
        throw new ToolError('TOOL_FAILED', { tool: 'list', finding: 'its result is no list of tools' });
      this.#lastLists.set(source, tools);
      return { ...source, tools };
    } catch (error) {
      this.#log?.warn('tools cannot be listed', { from: source.plugin, error });
      return { ...source, tools: this.#lastLists.get(source) ?? [] };
    }
  }
}

/** Names may come from a model or another machine. */
function printable(name: unknown): string {
  return String(name)
    .slice(0, 128)
    .replace(/[^\w.:/@ -]/g, '?');
}

/** Plugins in other processes and machines may send anything. */
function isList(tools: unknown): boolean {
  return Array.isArray(tools) && tools.every((tool) => typeof tool === 'object' && tool !== null);
}

function codeOf(error: unknown, signal: AbortSignal | undefined): string {
  if (isTiercelError(error)) return error.code;
  return signal?.aborted ? 'cancelled' : 'failed';
}
