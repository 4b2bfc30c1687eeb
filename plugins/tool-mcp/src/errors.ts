import { defineErrors } from '@tiercel/kernel';

/** Servers are told by their names in the configuration. No text holds an argument, a result or what a server wrote. */
export const McpError = defineErrors(
  'McpError',
  {
    MCP_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
      `The servers of tool-mcp cannot be used: ${d.findings.join('; ')}. Correct these keys in the manifest.`,
    /** Nothing was run. */
    MCP_SERVER_DOWN: (d: { server: string; finding: string }) =>
      `MCP server ${d.server} is not running: ${d.finding}. It is started again by itself; call again then, or look at its last words in the log.`,
    /** Nothing was run. */
    MCP_SERVER_BUSY: (d: { server: string; running: number }) =>
      `MCP server ${d.server} has ${d.running} calls running and takes no more. Call again later.`,
    MCP_CALL_LOST: (d: { server: string; tool: string; finding: string }) =>
      `MCP server ${d.server} was lost while ${d.tool} ran: ${d.finding}. Nobody knows whether it was done, so look at what it changed before you call it again.`,
    MCP_ANSWER_TOO_LARGE: (d: { server: string; maxBytes: number }) =>
      `MCP server ${d.server} sent an answer of more than ${d.maxBytes} bytes, which was dropped. Ask for less, or raise maxMessageBytes of this server.`,
    MCP_ANSWER_INVALID: (d: { server: string; finding: string }) =>
      `MCP server ${d.server} gave an answer that cannot be used: ${d.finding}. Update the server, or tell its makers.`,
  },
  { retryable: ['MCP_SERVER_DOWN', 'MCP_SERVER_BUSY'] },
);
