import type { CallToolResult, Tool } from '@modelcontextprotocol/server';
import type { ToolResult } from '@tiercel/capabilities/tool-provider';
import type { ListedTool } from '@tiercel/capabilities/tool-registry';
import { metaKeys } from '@tiercel/tools/meta-keys';
import type { ToolFailure } from './tool-failure.js';

export function toMcpTool({ name, description, parameters, server: _, ...ours }: ListedTool): Tool {
  return {
    name,
    description,
    // The registry lists only tools whose parameters are of type object.
    inputSchema: { ...parameters, type: 'object' },
    annotations: {
      readOnlyHint: ours.effect === 'read',
      destructiveHint: ours.effect === 'destructive',
      idempotentHint: ours.idempotent,
    },
    _meta: { [metaKeys.descriptor]: ours },
  };
}

/** Structured content comes back as it was; text stays text, so that any client can show it. */
export function toMcpResult({ content, spoken }: ToolResult): CallToolResult {
  const isText = typeof content === 'string';
  return {
    content: [{ type: 'text', text: isText ? content : JSON.stringify(content ?? null) }],
    ...(!isText && { structuredContent: content ?? null }),
    ...(spoken !== undefined && { _meta: { [metaKeys.spoken]: spoken } }),
  };
}

export function toMcpError({ text, ...facts }: ToolFailure): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }], _meta: { [metaKeys.error]: facts } };
}
