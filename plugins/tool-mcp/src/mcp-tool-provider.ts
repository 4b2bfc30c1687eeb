import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import { openDeadline } from '@tiercel/kernel';
import type { ForeignTool } from './foreign-tool.js';
import type { SupervisedServer } from './supervised-server.js';
import { textOf, toolContent } from './tool-content.js';

const SILENT_FAILURE = 'it failed and did not say why';

interface Placed extends ForeignTool {
  readonly server: SupervisedServer;
}

/** The tools of all servers. Of two with one name the one of the server that is configured first is offered. */
export class McpToolProvider implements ToolProvider {
  readonly #servers: readonly SupervisedServer[];

  constructor(servers: readonly SupervisedServer[]) {
    this.#servers = servers;
  }

  /** Per server, and which tools nobody gets because of their names. */
  get facts(): Readonly<Record<string, unknown>> {
    const { hidden } = this.#index();
    return {
      servers: Object.fromEntries(this.#servers.map((server) => [server.name, server.facts])),
      ...(hidden.length > 0 && { hidden }),
    };
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return [...this.#index().tools.values()].map(({ descriptor }) => descriptor);
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const placed = this.#index().tools.get(name);
    if (!placed) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    const { server, tool, timeoutMs } = placed;
    using deadline = openDeadline(
      options.signal,
      timeoutMs,
      () => new ToolError('TOOL_TIMEOUT', { tool: name, timeoutMs }),
    );
    const result = await server.call({ tool, args, progress: options.progress }, deadline.signal);
    if (result.isError === true)
      throw new ToolError('TOOL_FAILED', { tool: name, finding: textOf(result.content) || SILENT_FAILURE });
    return { content: toolContent(result) };
  }

  #index(): { readonly tools: ReadonlyMap<string, Placed>; readonly hidden: readonly string[] } {
    const tools = new Map<string, Placed>();
    const hidden: string[] = [];
    for (const server of this.#servers) {
      for (const offered of server.offer.tools) {
        const { name } = offered.descriptor;
        const other = tools.get(name);
        if (other) hidden.push(`${name} of ${server.name}, as ${other.server.name} has one of this name`);
        else tools.set(name, { ...offered, server });
      }
    }
    return { tools, hidden };
  }
}
