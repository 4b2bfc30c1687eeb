import { defineErrors } from '@tiercel/kernel';

export const ToolRegistryError = defineErrors('ToolRegistryError', {
  TOOL_POLICY_INVALID: (d: { findings: readonly string[] }) =>
    `The policies of plugin tool-registry cannot be used: ${d.findings.join('; ')}. Write allow, ask or deny after the name of a tool, or after read, write or destructive in effectPolicy.`,
});
