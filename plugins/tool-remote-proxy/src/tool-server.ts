import type { ListToolsResult } from '@modelcontextprotocol/client';
import { ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { Circuit } from '@tiercel/failover';
import { type CircuitStatus, isTiercelError } from '@tiercel/kernel';
import { type HttpFacts, noFacts } from './bounded-fetch.js';
import { ToolServerError } from './errors.js';
import { type McpCall, McpLink, type McpLinkOptions, type McpSdk } from './mcp-link.js';
import type { RemoteTool } from './remote-descriptor.js';
import { readResult } from './remote-result.js';
import { BrokenConnection, explainFailure, isInvalidCall } from './server-failure.js';
import { nameOfServer } from './server-url.js';

const BUSY_MS = 1_000;

export interface ToolServerOptions extends McpLinkOptions {
  /** Monotonic time. */
  readonly nowMs: () => number;
  /** Told after each exchange. */
  readonly onCircuit?: ((server: string, state: CircuitStatus['state']) => void) | undefined;
}

/** One tool server: what it says, and whether it makes sense to ask it. */
export class ToolServer implements AsyncDisposable {
  readonly name: string;
  readonly #sdk: McpSdk;
  readonly #link: McpLink;
  readonly #circuit: Circuit;
  readonly #options: ToolServerOptions;

  constructor(sdk: McpSdk, options: ToolServerOptions) {
    this.name = nameOfServer(options.url);
    this.#sdk = sdk;
    this.#link = new McpLink(sdk, options);
    this.#circuit = new Circuit({ nowMs: options.nowMs });
    this.#options = options;
  }

  /** Whether a call may go there. */
  get isCallable(): boolean {
    return this.#circuit.isCallable;
  }

  get status(): CircuitStatus {
    return this.#circuit.status(this.name);
  }

  /** Asks whatever the circuit says: this is how it learns that the server is well again. */
  async list(signal: AbortSignal): Promise<ListToolsResult> {
    try {
      return await this.#count(signal, (facts) => this.#link.list(facts, signal));
    } catch (error) {
      if (!(error instanceof BrokenConnection)) throw error;
      const details = { server: this.name, finding: 'the connection broke' };
      throw new ToolServerError('TOOL_SERVER_UNREACHABLE', details, { cause: error });
    }
  }

  /** Throws `BrokenConnection` when nobody knows whether the call was done. */
  async call(tool: RemoteTool, call: McpCall, signal: AbortSignal): Promise<ToolResult> {
    if (!this.isCallable) throw this.#passedOver();
    const result = await this.#count(signal, async (facts) => {
      try {
        return await this.#link.call(call, facts, signal);
      } catch (error) {
        if (isInvalidCall(this.#sdk, error)) throw refusedCall(tool);
        throw error;
      }
    });
    return readResult(result, tool);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  /** Lets the circuit know how an exchange went. What the server said no to is no fault of the connection. */
  async #count<T>(signal: AbortSignal, exchange: (facts: HttpFacts) => Promise<T>): Promise<T> {
    const attempt = this.#circuit.begin();
    const facts = noFacts();
    try {
      const answer = await exchange(facts);
      attempt.succeed();
      return answer;
    } catch (error) {
      if (signal.aborted) {
        // The deadline of whoever waits for a list: only a server that is well answers within it.
        if (isTiercelError(signal.reason, 'TOOL_SERVER_UNREACHABLE')) attempt.fail('silent');
        throw signal.reason;
      }
      const explained = explainFailure(this.#sdk, {
        error,
        facts,
        server: this.name,
        maxAnswerBytes: this.#options.maxAnswerBytes,
      });
      if (facts.status === 429) attempt.fail('busy', facts.retryAfterMs ?? BUSY_MS);
      else if (isFaultOfServer(explained)) attempt.fail(codeOf(explained));
      else attempt.succeed();
      throw explained;
    } finally {
      attempt.release();
      this.#options.onCircuit?.(this.name, this.#circuit.state);
    }
  }

  #passedOver(): unknown {
    const { failures, retryInMs = 0 } = this.status;
    const finding = `it failed ${failures} times and is left alone for ${Math.ceil(retryInMs / 1_000)} s more`;
    return new ToolServerError('TOOL_SERVER_UNREACHABLE', { server: this.name, finding });
  }
}

/** Ours say this only of names they do not know; others also of arguments. */
function refusedCall({ descriptor: { name }, isOurs }: RemoteTool): unknown {
  return isOurs
    ? new ToolError('TOOL_UNKNOWN', { tool: name })
    : new ToolError('TOOL_FAILED', {
        tool: name,
        finding: 'its server takes neither this name nor these arguments.',
      });
}

const faults = new Set([
  'TOOL_SERVER_UNREACHABLE',
  'TOOL_SERVER_MISMATCH',
  'TOOL_SERVER_VERSION_UNSUPPORTED',
  'TOOL_SERVER_ANSWER_INVALID',
]);

function isFaultOfServer(error: unknown): boolean {
  return error instanceof BrokenConnection || faults.has(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((Object(error) as { readonly code?: unknown }).code ?? 'connection broke');
}
