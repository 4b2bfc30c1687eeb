import { defineErrors } from '@tiercel/kernel';

export const ToolError = defineErrors(
  'ToolError',
  {
    TOOL_UNKNOWN: (d: { tool: string }) =>
      `There is no tool "${d.tool}" here. List the tools first; names are lower case with underscores.`,
    TOOL_ARGUMENTS_INVALID: (d: { tool: string; findings: readonly string[] }) =>
      `Tool ${d.tool} cannot take these arguments: ${d.findings.join('; ')}. Call it again with arguments that fit its schema.`,
    TOOL_FAILED: (d: { tool: string; finding: string }) => `Tool ${d.tool} could not do it: ${d.finding}`,
    TOOL_TIMEOUT: (d: { tool: string; timeoutMs: number }) =>
      `Tool ${d.tool} was not done within ${d.timeoutMs} ms and was cancelled. Ask for less, or raise its limit.`,
    TOOL_BUSY: (d: { tool: string; running: number; waiting: number }) =>
      `Tool ${d.tool} has ${d.running} calls running and ${d.waiting} waiting. Call it again later.`,
    TOOL_DENIED: (d: { tool: string; policy: 'ask' | 'deny' }) =>
      d.policy === 'deny'
        ? `Tool ${d.tool} is forbidden on this node. Its policy in the tier manifest is "deny".`
        : `Tool ${d.tool} needs an approval and nobody is there to give it. Set its policy to "allow" in the tier manifest to run it unasked.`,
    TOOL_APPROVAL_NEEDED: (d: {
      tool: string;
      /** Hand it over as `approval` once the person said yes, or to `refuse`. */
      id: string;
      /** Names of the arguments; whoever asks knows their values. */
      arguments: readonly string[];
      expiresInMs: number;
    }) =>
      `Tool ${d.tool} needs an approval. Ask the person, then call it again with the same arguments and approval ${d.id} within ${d.expiresInMs} ms.`,
    TOOL_APPROVAL_INVALID: (d: { tool: string }) =>
      `The approval for tool ${d.tool} is unknown, used, expired, or was given for another call. Call the tool without it and ask again.`,
    TOOL_REPEATED: (d: { tool: string; runs: number }) =>
      `Tool ${d.tool} ran ${d.runs} times with the same arguments in this turn and would only say the same again. Use what it returned.`,
    TOOL_HOPS_EXCEEDED: (d: { tool: string; hops: number; maxHops: number }) =>
      `The call of tool ${d.tool} has passed ${d.hops} nodes, ${d.maxHops} are allowed. Look for tool servers that point at each other.`,
    TOOL_AUDIT_UNWRITABLE: (d: { tool: string }) =>
      `Tool ${d.tool} cannot be undone and the audit log cannot be written, so it was not run. Free the disk or mend the folder that the log of the node names.`,
    TOOL_KEY_REUSED: (d: { tool: string }) =>
      `The idempotency key of this call of tool ${d.tool} belongs to another call. Make a new key for each call, and keep it only to repeat that call.`,
    TOOL_CANCELLED: (d: { tool: string }) =>
      `Tool ${d.tool} was cancelled before it was done, so nobody knows how far it got. Look at what it changed before you call it with a new key.`,
    TOOL_RESULT_LOST: (d: { tool: string }) =>
      `Tool ${d.tool} was done with this key before the node started again, and its result is gone. Look at what it changed before you call it with a new key.`,
    TOOL_REMOTE_MISSING: (d: { tool: string }) =>
      `No tool server offers "${d.tool}", and with TOOL_EXECUTION_MODE=remote nothing runs here instead. Start it on the server, or set the mode to local or auto.`,
    TOOL_OPTIONS_INVALID: (d: { tool: string; finding: string }) =>
      `The call of tool ${d.tool} cannot be taken: ${d.finding}. Mend the caller.`,
    TOOL_NAME_DUPLICATE: (d: { tool: string; plugins: readonly string[] }) =>
      `Tool "${d.tool}" is offered by ${d.plugins.join(' and ')}. Remove one of the plugins from the manifest, or rename its tool.`,
    TOOL_DESCRIPTOR_INVALID: (d: { plugin: string; tool: string; finding: string }) =>
      `Plugin ${d.plugin} declares tool "${d.tool}" wrongly: ${d.finding}. Mend the descriptor that its list() returns.`,
  },
  { retryable: ['TOOL_BUSY'] },
);
