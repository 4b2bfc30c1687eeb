import type { CallToolResult } from '@modelcontextprotocol/client';

type Block = CallToolResult['content'][number];

/**
 * The result of a server as ours: its structured content where it has one, else its text, else a list of parts. Pictures and
 * sounds are named with their size and left out: no model of this node could read them.
 */
export function toolContent({ structuredContent, content }: CallToolResult): unknown {
  if (structuredContent !== undefined) return structuredContent;
  const parts = content.map(partOf);
  return parts.every((part) => part.type === 'text') ? textOf(content) : parts;
}

/** All text of a result, which is also what a failed tool says. */
export function textOf(content: readonly Block[]): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

function partOf(block: Block) {
  switch (block.type) {
    case 'text':
      return { type: block.type, text: block.text };
    case 'image':
    case 'audio':
      return {
        type: block.type,
        mimeType: block.mimeType,
        sizeBytes: Buffer.byteLength(block.data, 'base64'),
      };
    case 'resource_link':
      return { type: 'link', name: block.name, uri: block.uri };
    case 'resource': {
      const { resource } = block;
      return 'text' in resource
        ? { type: 'resource', uri: resource.uri, text: resource.text }
        : { type: 'resource', uri: resource.uri, sizeBytes: Buffer.byteLength(resource.blob, 'base64') };
    }
    default:
      block satisfies never;
      return { type: 'unknown' };
  }
}
