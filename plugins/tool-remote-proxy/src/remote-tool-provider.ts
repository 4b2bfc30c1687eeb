import { randomUUID } from 'node:crypto';
import type { Progress } from '@modelcontextprotocol/client';
import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import { isTiercelError, openDeadline } from '@tiercel/kernel';
import { metaKeys } from '@tiercel/tools/meta-keys';
import { ToolServerError } from './errors.js';
import type { McpCall } from './mcp-link.js';
import type { RemoteTool } from './remote-descriptor.js';
import type { RemoteToolList } from './remote-tool-list.js';
import { BrokenConnection } from './server-failure.js';
import type { ServerPool } from './server-pool.js';
import type { ToolServer } from './tool-server.js';

const MAX_HOPS = 3;
/** After these the server may be away; a slow tool is only one reason for the last. */
const troubles = new Set(['TOOL_SERVER_UNREACHABLE', 'TOOL_SERVER_CALL_LOST', 'TOOL_TIMEOUT']);

/** The tools of another machine, as if they were here. */
export class RemoteToolProvider implements ToolProvider {
  readonly #tools: RemoteToolList;
  readonly #pool: ServerPool;

  constructor(tools: RemoteToolList, pool: ServerPool) {
    this.#tools = tools;
    this.#pool = pool;
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return [...(await this.#tools.list()).values()].map(({ descriptor }) => descriptor);
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const tool = (await this.#tools.list()).get(name);
    if (!tool) throw new ToolError('TOOL_UNKNOWN', { tool: printable(name) });
    const hops = (options.hops ?? 0) + 1;
    if (hops > MAX_HOPS) throw new ToolError('TOOL_HOPS_EXCEEDED', { tool: name, hops, maxHops: MAX_HOPS });
    const { timeoutMs = Number.POSITIVE_INFINITY } = tool.descriptor.limits ?? {};
    using deadline = openDeadline(
      options.signal,
      timeoutMs,
      () => new ToolError('TOOL_TIMEOUT', { tool: name, timeoutMs }),
    );
    try {
      const result = await this.#send(tool, requestFor(tool, args, { ...options, hops }), deadline.signal);
      this.#tools.reportAnswer();
      return result;
    } catch (error) {
      if (isTiercelError(error) && troubles.has(error.code)) this.#tools.reportTrouble();
      throw error;
    }
  }

  /** A server that was not reached has done nothing, so the next one may be asked. */
  async #send(tool: RemoteTool, call: McpCall, signal: AbortSignal): Promise<ToolResult> {
    let failure: unknown = new ToolServerError('TOOL_SERVER_UNREACHABLE', {
      server: tool.descriptor.server ?? '',
      finding: 'no server of that name is known',
    });
    for (const server of this.#pool.servers) {
      try {
        return await server.call(tool, call, signal);
      } catch (error) {
        if (error instanceof BrokenConnection) return this.#repeat(server, tool, call, signal, error);
        if (!isTiercelError(error, 'TOOL_SERVER_UNREACHABLE')) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /**
   * Once more after a broken connection, if that can do no harm: the tool changes nothing more, or its server knows by the
   * key that it has done this call and only has to say again how it went.
   */
  async #repeat(
    server: ToolServer,
    tool: RemoteTool,
    call: McpCall,
    signal: AbortSignal,
    cause: unknown,
  ): Promise<ToolResult> {
    const { name, idempotent } = tool.descriptor;
    const lost = (reason: unknown) =>
      idempotent
        ? new ToolServerError(
            'TOOL_SERVER_UNREACHABLE',
            { server: server.name, finding: 'the connection broke twice' },
            { cause: reason },
          )
        : new ToolServerError(
            'TOOL_SERVER_CALL_LOST',
            { server: server.name, tool: name },
            { cause: reason },
          );
    if (!idempotent && !tool.isOurs) throw lost(cause);
    try {
      return await server.call(tool, call, signal);
    } catch (error) {
      const isStillUnknown =
        error instanceof BrokenConnection || isTiercelError(error, 'TOOL_SERVER_UNREACHABLE');
      throw isStillUnknown ? lost(error) : error;
    }
  }
}

function requestFor(
  { listed, isOurs, descriptor }: RemoteTool,
  args: Readonly<Record<string, unknown>>,
  options: ToolCallOptions,
): McpCall {
  const { hops, language, traceparent, progress } = options;
  const key = options.idempotencyKey ?? (descriptor.idempotent ? undefined : randomUUID());
  const ours = {
    [metaKeys.hop]: hops,
    ...(key !== undefined && { [metaKeys.idempotencyKey]: key }),
    ...(language !== undefined && { [metaKeys.language]: language }),
  };
  return {
    params: {
      name: listed.name,
      arguments: { ...args },
      _meta: { ...(traceparent !== undefined && { traceparent }), ...(isOurs && ours) },
    },
    tool: listed,
    progress: progress && ((given) => passOn(given, isOurs, progress)),
  };
}

/** Others send a count and perhaps a message; ours send the part itself. */
function passOn(given: Progress, isOurs: boolean, progress: (part: unknown) => void): void {
  const { _meta: about, message } = given as Progress & {
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
  if (isOurs && about && Object.hasOwn(about, metaKeys.part)) progress(about[metaKeys.part]);
  else if (message !== undefined) progress(message);
}

function printable(name: string): string {
  return name.slice(0, 64).replace(/[^\w.-]/g, '?');
}
