import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';
import { ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { TiercelError } from '@tiercel/kernel';
import { metaKeys } from '@tiercel/tools/meta-keys';
import type { RemoteTool } from './remote-descriptor.js';

const MAX_FINDING_CHARS = 2_000;
const MAX_DETAILS_CHARS = 4_000;

/** What the server answered to a call, as a tool of this node would have. Throws what went wrong there. */
export function readResult(result: CallToolResult, tool: RemoteTool): ToolResult {
  if (result.isError) throw readError(result, tool);
  const { structuredContent } = result;
  const spoken = tool.isOurs ? result._meta?.[metaKeys.spoken] : undefined;
  return {
    content: structuredContent === undefined ? textOf(result.content) : structuredContent,
    ...(typeof spoken === 'string' && spoken !== '' && { spoken }),
  };
}

/** Text as it is. Of everything else only what it is: a model that reads text can do nothing with its bytes. */
function textOf(blocks: readonly ContentBlock[]): string {
  return blocks.map(textOfBlock).join('\n');
}

function textOfBlock(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[${block.resource.mimeType ?? 'data'}]`;
    case 'resource_link':
      return `[${block.name}: ${block.uri}]`;
    case 'image':
    case 'audio':
      return `[${block.mimeType}]`;
    default:
      return '[unknown content]';
  }
}

/** A node of ours names its error; others only have a text, which is there to be told to the model. */
function readError(result: CallToolResult, { descriptor, isOurs }: RemoteTool): TiercelError {
  const text = textOf(result.content).slice(0, MAX_FINDING_CHARS);
  const given = isOurs ? Object(result._meta?.[metaKeys.error]) : {};
  const { code, retryable, details } = given as Readonly<Record<string, unknown>>;
  if (typeof code === 'string' && code !== 'TOOL_FAILED' && Object.hasOwn(ToolError.messages, code)) {
    return new TiercelError(code, text, { retryable: retryable === true, details: plainDetails(details) });
  }
  const { finding = text } = plainDetails(details);
  return new ToolError('TOOL_FAILED', { tool: descriptor.name, finding: String(finding) });
}

function plainDetails(details: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof details === 'object' && details !== null && !Array.isArray(details);
  if (!isObject || JSON.stringify(details).length > MAX_DETAILS_CHARS) return {};
  return { ...details };
}
