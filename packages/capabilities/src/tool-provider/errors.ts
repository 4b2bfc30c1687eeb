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
    TOOL_NAME_DUPLICATE: (d: { tool: string; plugins: readonly string[] }) =>
      `Tool "${d.tool}" is offered by ${d.plugins.join(' and ')}. Remove one of the plugins from the manifest, or rename its tool.`,
    TOOL_DESCRIPTOR_INVALID: (d: { plugin: string; tool: string; finding: string }) =>
      `Plugin ${d.plugin} declares tool "${d.tool}" wrongly: ${d.finding}. Mend the descriptor that its list() returns.`,
  },
  { retryable: ['TOOL_BUSY'] },
);
