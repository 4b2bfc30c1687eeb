import { defineErrors } from '@tiercel/kernel';

export const ToolServerError = defineErrors(
  'ToolServerError',
  {
    TOOL_SERVER_ADDRESS_MISSING: (d: { service: string }) =>
      `Nobody says where the tool server is. Set TOOL_SERVER_URL, or add a discovery plugin that knows "${d.service}".`,
    TOOL_SERVER_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
      `The proxy of the tool server cannot be configured like this: ${d.findings.join('; ')}. Mend these keys.`,
    /** Nothing was run there. */
    TOOL_SERVER_UNREACHABLE: (d: { server: string; finding: string }) =>
      `Tool server ${d.server} cannot be reached: ${d.finding}. Start it, or wait: it is asked again by itself.`,
    TOOL_SERVER_REFUSED: (d: { server: string; status: number }) =>
      `Tool server ${d.server} answered ${d.status}. Set TOOL_SERVER_API_KEY to a key that this server knows and that has the scope for the tool.`,
    TOOL_SERVER_BUSY: (d: { server: string }) =>
      `Tool server ${d.server} takes no more calls from this key at the moment. Call again later, or raise its limits.`,
    TOOL_SERVER_MISMATCH: (d: { server: string; finding: string }) =>
      `What answers at ${d.server} is no tool server: ${d.finding}. Set TOOL_SERVER_URL to the address of one.`,
    TOOL_SERVER_VERSION_UNSUPPORTED: (d: { server: string }) =>
      `What answers at ${d.server} does not speak MCP 2026-07-28. Check the address; if it is an older tool server, update it, or set olderServers: true and do without cancelling its tools.`,
    TOOL_SERVER_ANSWER_INVALID: (d: { server: string; finding: string }) =>
      `Tool server ${d.server} gave an answer that cannot be used: ${d.finding}. Update the server, or tell its makers.`,
    TOOL_SERVER_ANSWER_TOO_LARGE: (d: { server: string; maxBytes: number }) =>
      `Tool server ${d.server} sent more than ${d.maxBytes} bytes, and the rest was not read. Ask for less, or raise maxAnswerBytes.`,
    TOOL_SERVER_CALL_LOST: (d: { server: string; tool: string }) =>
      `The connection to tool server ${d.server} broke while ${d.tool} ran, so nobody knows whether it was done. Look at what it changed before you call it again.`,
  },
  { retryable: ['TOOL_SERVER_UNREACHABLE', 'TOOL_SERVER_BUSY'] },
);
