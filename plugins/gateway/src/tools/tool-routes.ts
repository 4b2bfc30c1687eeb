import type { Log } from '@tiercel/capabilities/log';
import type { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import type { Response, Router } from 'express';
import { GatewayError } from '../errors.js';
import { type Failure, renderDetail } from '../http/failure.js';
import { jsonBody } from '../http/json-body.js';
import { contextOf } from '../http/request-context.js';
import { type FailureAnswer, hasPath, type RouteGroup } from '../http/route-group.js';
import { openMcpEndpoint } from './mcp-endpoint.js';
import { type RunToolAnswer, RunToolEndpoint } from './run-tool-endpoint.js';

const MCP = '/mcp';
const RUN_TOOL = '/run_tool';
const TOOLS = '/tools';
const MAX_JSON_BYTES = 2 ** 20;
const JSON_RPC_INVALID_REQUEST = -32_600;
const JSON_RPC_INTERNAL_ERROR = -32_603;

export interface ToolRoutesOptions {
  readonly tools: ToolRegistry;
  readonly log: Log;
  /** Version of this node, told to MCP clients. */
  readonly version: string;
  /** Also serves MCP clients of revisions before 2026-07-28. They can cancel a call only by closing the connection. */
  readonly olderMcpClients: boolean;
}

/** The tools of a node for other machines: over MCP, and in the shape of the older system. */
export type ToolRoutes = RouteGroup & AsyncDisposable;

export async function openToolRoutes(options: ToolRoutesOptions): Promise<ToolRoutes> {
  const { tools, log, version, olderMcpClients: olderClients } = options;
  const readJson = jsonBody(MAX_JSON_BYTES);
  const mcp = await openMcpEndpoint({ tools, log, version, olderClients });
  const runTool = new RunToolEndpoint(tools, log);
  return {
    name: 'tools',
    paths: [MCP, RUN_TOOL, TOOLS],
    render: (failure, path) =>
      hasPath({ paths: [MCP] }, path) ? renderJsonRpc(failure) : renderDetail(failure),
    mount(router: Router) {
      router.all(MCP, (request, response) => mcp.handle(request, response));
      router.post(RUN_TOOL, readJson, async (request, response) => {
        send(response, await runTool.run(request.body, contextOf(request)));
      });
      router.all(RUN_TOOL, () => {
        throw new GatewayError('GATEWAY_METHOD_WRONG', { allowed: ['POST'] });
      });
      router.get(TOOLS, async (request, response) => {
        response.json(await runTool.list(contextOf(request)));
      });
      router.all(TOOLS, () => {
        throw new GatewayError('GATEWAY_METHOD_WRONG', { allowed: ['GET'] });
      });
    },
    [Symbol.asyncDispose]: () => mcp[Symbol.asyncDispose](),
  };
}

function send(response: Response, { status, body, retryAfterS }: RunToolAnswer): void {
  if (retryAfterS !== undefined) response.setHeader('Retry-After', String(retryAfterS));
  response.status(status).json(body);
}

/** MCP clients read errors of any status as JSON-RPC. */
function renderJsonRpc({ status, headers, message, code, id }: Failure): FailureAnswer {
  const error = {
    code: status < 500 ? JSON_RPC_INVALID_REQUEST : JSON_RPC_INTERNAL_ERROR,
    message,
    data: { code, id },
  };
  return { status, headers, body: { jsonrpc: '2.0', id: null, error } };
}
