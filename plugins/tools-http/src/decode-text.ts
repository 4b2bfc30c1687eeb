import { TextDecoder } from 'node:util';

const HEAD_BYTES = 1_024;

/** What kind of text a body is; nothing for pictures, programs and the like. */
export type TextKind = 'html' | 'plain';

export function textKind(contentType: string): TextKind | undefined {
  const type = mediaType(contentType);
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  const isText =
    type.startsWith('text/') ||
    /^application\/(?:json|xml|yaml|x-yaml|javascript|x-ndjson)$/.test(type) ||
    /^application\/[\w.-]+\+(?:json|xml|yaml)$/.test(type);
  return isText ? 'plain' : undefined;
}

/** Without parameters, in lower case. Without a type it is taken for text: the body shows whether it is. */
export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase() || 'text/plain';
}

/** Decodes a body as its byte order mark, its type or its own head says, else as UTF-8. Wrong bytes become U+FFFD. */
export function decodeText(bytes: Buffer, contentType: string): string {
  const charset = charsetIn(contentType) ?? charsetIn(bytes.toString('latin1', 0, HEAD_BYTES));
  return decoderFor(charset ?? 'utf-8').decode(bytes);
}

function charsetIn(text: string): string | undefined {
  return /charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(text)?.[1];
}

function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder('utf-8');
  }
}
