import { ToolError, type ToolLimits, type ToolPolicy, type ToolResult } from '../tool-provider/index.js';
import { type FakeTool, type FakeToolCall, FakeToolProvider } from '../tool-provider/testing.js';
import type { ListedTool, RegistryCallOptions, ToolRegistry } from './tool-registry.js';

const limits: ToolLimits = { timeoutMs: 30_000, outputBytes: 65_536, concurrency: 4 };
const MAX_HOPS = 3;
const MAX_RUNS = 2;
const EXPIRES_IN_MS = 60_000;

/** A call that got past policy, approval and loop guard. */
export interface FakeRegistryCall extends FakeToolCall {
  readonly options: RegistryCallOptions;
}

/**
 * A registry for tests: policy, approvals, loop guard and hops are as in the real one, but approvals do not expire and
 * nothing is checked, cut or written down. Keeps every call that reached a tool in `calls`.
 */
export class FakeToolRegistry implements ToolRegistry {
  readonly calls: FakeRegistryCall[] = [];
  /** Ids of approvals that `refuse` was called with. */
  readonly refused: string[] = [];
  readonly #tools: FakeToolProvider;
  readonly #pending = new Map<string, string>();
  readonly #runs = new Map<string, number>();
  readonly #results = new Map<string, { readonly of: string; readonly result: Promise<ToolResult> }>();
  #approvals = 0;

  constructor(tools: readonly FakeTool[] = [{ name: 'echo' }]) {
    this.#tools = new FakeToolProvider(tools);
  }

  /** Offers these tools from now on, instead of the ones before. */
  offer(tools: readonly FakeTool[]): void {
    this.#tools.offer(tools);
  }

  /** Ids of approvals that nobody has answered. */
  get pending(): readonly string[] {
    return [...this.#pending.keys()];
  }

  async list(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly ListedTool[]> {
    options.signal?.throwIfAborted();
    const tools = await this.#tools.list();
    return [...tools]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((tool) => ({
        ...tool,
        policy: tool.policy ?? (tool.effect === 'read' ? 'allow' : 'ask'),
        limits: { ...limits, ...tool.limits },
        idempotent: tool.idempotent ?? tool.effect === 'read',
      }));
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: RegistryCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const { hops = 0, caller = '', idempotencyKey } = options;
    if (hops > MAX_HOPS) throw new ToolError('TOOL_HOPS_EXCEEDED', { tool: name, hops, maxHops: MAX_HOPS });
    const tool = (await this.list()).find((listed) => listed.name === name);
    if (!tool) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    const call = JSON.stringify([caller, name, args]);
    refuseForbidden(tool.name, tool.policy, options);
    if (idempotencyKey === undefined) return this.#admit(tool, args, options, call);
    const key = JSON.stringify([caller, idempotencyKey]);
    const known = this.#results.get(key);
    if (known) {
      if (known.of !== call) throw new ToolError('TOOL_KEY_REUSED', { tool: name });
      return known.result;
    }
    const result = this.#admit(tool, args, options, call);
    this.#results.set(key, { of: call, result });
    return result;
  }

  async refuse(approval: string): Promise<void> {
    this.refused.push(approval);
    this.#pending.delete(approval);
  }

  async #admit(
    tool: ListedTool,
    args: Readonly<Record<string, unknown>>,
    options: RegistryCallOptions,
    call: string,
  ): Promise<ToolResult> {
    const { approval, turnId, language = 'en' } = options;
    if (turnId !== undefined && !(tool.policy === 'ask' && approval !== undefined)) {
      this.#count(tool.name, `${turnId} ${call}`);
    }
    if (tool.policy === 'ask') this.#takeApproval(tool.name, args, approval, call);
    this.calls.push({ name: tool.name, args, language, options });
    return this.#tools.call(tool.name, args, options);
  }

  #count(tool: string, call: string): void {
    const runs = this.#runs.get(call) ?? 0;
    if (runs >= MAX_RUNS) throw new ToolError('TOOL_REPEATED', { tool, runs });
    this.#runs.set(call, runs + 1);
  }

  #takeApproval(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    approval: string | undefined,
    call: string,
  ): void {
    if (approval === undefined) {
      this.#approvals += 1;
      const id = `approval-${this.#approvals}`;
      this.#pending.set(id, call);
      const details = { tool, id, arguments: Object.keys(args), expiresInMs: EXPIRES_IN_MS };
      throw new ToolError('TOOL_APPROVAL_NEEDED', details);
    }
    const isFor = this.#pending.get(approval) === call;
    this.#pending.delete(approval);
    if (!isFor) throw new ToolError('TOOL_APPROVAL_INVALID', { tool });
  }
}

function refuseForbidden(tool: string, policy: ToolPolicy, options: RegistryCallOptions): void {
  const canBeAsked = options.canAsk === true || options.approval !== undefined;
  if (policy === 'deny' || (policy === 'ask' && !canBeAsked)) {
    throw new ToolError('TOOL_DENIED', { tool, policy });
  }
}
