import type { Log } from '@tiercel/capabilities/log';
import { type JsonSchema, type ToolEffect, ToolError } from '@tiercel/capabilities/tool-provider';
import type { ListedTool, ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { isTiercelError } from '@tiercel/kernel';
import { GatewayError } from '../errors.js';
import { may } from '../http/key-ring.js';
import type { RequestContext } from '../http/request-context.js';
import { parseRunToolRequest } from './run-tool-request.js';
import { describeFailure } from './tool-failure.js';

/** A tool as the older system described it, and two fields of ours. */
export interface LegacyTool {
  readonly doc: string;
  /** Names of the arguments. */
  readonly args: readonly string[];
  readonly schema: JsonSchema;
  readonly effect: ToolEffect;
}

export type LegacyTools = Readonly<Record<string, Readonly<Record<string, LegacyTool>>>>;

/** Ready to be sent as JSON. */
export interface RunToolAnswer {
  readonly status: number;
  readonly body:
    | { readonly result: unknown }
    | { readonly detail: string; readonly code: string; readonly id: string };
  readonly retryAfterS?: number;
}

const statuses: Readonly<Record<string, number>> = {
  GATEWAY_REQUEST_INVALID: 422,
  TOOL_ARGUMENTS_INVALID: 400,
  GATEWAY_SCOPE_MISSING: 403,
  TOOL_DENIED: 403,
  TOOL_UNKNOWN: 404,
  TOOL_REMOTE_MISSING: 404,
  TOOL_OPTIONS_INVALID: 400,
  TOOL_HOPS_EXCEEDED: 400,
  TOOL_KEY_REUSED: 409,
  TOOL_REPEATED: 409,
  TOOL_BUSY: 429,
  TOOL_AUDIT_UNWRITABLE: 503,
  TOOL_TIMEOUT: 504,
};
const BUSY_RETRY_AFTER_S = 1;

/** The tool server of the older system, for clients that still speak to it. Only tools with a `legacy` name exist here. */
export class RunToolEndpoint {
  readonly #tools: ToolRegistry;
  readonly #log: Pick<Log, 'warn'>;
  /** Tools by `legacy` pair, as they were when one was last looked for in vain. */
  #known: ReadonlyMap<string, string> = new Map();

  constructor(tools: ToolRegistry, log: Pick<Log, 'warn'>) {
    this.#tools = tools;
    this.#log = log;
  }

  async list({ caller, signal }: RequestContext): Promise<LegacyTools> {
    const groups = new Map<string, [string, LegacyTool][]>();
    for (const tool of await this.#tools.list({ signal })) {
      if (!tool.legacy || !may(caller, 'tools', tool.name)) continue;
      const group = groups.get(tool.legacy.tool) ?? [];
      groups.set(tool.legacy.tool, [...group, [tool.legacy.method, describe(tool)]]);
    }
    // Names such as __proto__ become entries of their own here, never prototypes.
    return Object.fromEntries([...groups].map(([name, methods]) => [name, Object.fromEntries(methods)]));
  }

  /** Runs what the body asks for. Rejects only with the reason of `signal`: then nobody waits for an answer. */
  async run(body: unknown, { id, caller, signal, traceparent }: RequestContext): Promise<RunToolAnswer> {
    let tool = '';
    try {
      const request = parseRunToolRequest(body);
      tool = await this.#find(request.tool, request.method, signal);
      if (!may(caller, 'tools', tool))
        throw new GatewayError('GATEWAY_SCOPE_MISSING', { scope: `tools:${tool}` });
      const { content } = await this.#tools.call(tool, request.args, {
        caller: `run_tool:${caller.name}`,
        requestId: id,
        traceparent,
        signal,
      });
      return { status: 200, body: { result: content ?? null } };
    } catch (error) {
      signal.throwIfAborted();
      if (isTiercelError(error, 'TOOL_UNKNOWN')) this.#known = new Map();
      return this.#refuse(error, { tool, id });
    }
  }

  async #find(tool: string, method: string, signal: AbortSignal): Promise<string> {
    const pair = JSON.stringify([tool, method]);
    const known = this.#known.get(pair);
    if (known !== undefined) return known;
    const listed = await this.#tools.list({ signal });
    this.#known = new Map(
      listed.flatMap(({ name, legacy }) =>
        legacy ? [[JSON.stringify([legacy.tool, legacy.method]), name] as const] : [],
      ),
    );
    const found = this.#known.get(pair);
    if (found === undefined) throw new ToolError('TOOL_UNKNOWN', { tool: printable(`${tool}.${method}`) });
    return found;
  }

  #refuse(error: unknown, call: { readonly tool: string; readonly id: string }): RunToolAnswer {
    const { code, text, id } = describeFailure(error, call, this.#log);
    const status = statuses[code] ?? 500;
    return {
      status,
      body: { detail: text, code, id },
      ...(status === 429 && { retryAfterS: BUSY_RETRY_AFTER_S }),
    };
  }
}

function describe({ description, parameters, effect }: ListedTool): LegacyTool {
  return {
    doc: description,
    args: Object.keys(Object(parameters['properties'])),
    schema: parameters,
    effect,
  };
}

/** Names come from another machine. */
function printable(name: string): string {
  return name.slice(0, 130).replace(/[^\w.-]/g, '?');
}
