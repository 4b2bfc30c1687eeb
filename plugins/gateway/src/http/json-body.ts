import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { GatewayError } from '../errors.js';
import { readBody } from './read-body.js';

/** Deeper than any request that means something; what walks a value later does so by recursion. */
const MAX_DEPTH = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads a JSON body of at most `limitBytes` into `request.body`. Mount it behind the checks, never in front of `/mcp`. */
export function jsonBody(limitBytes: number): RequestHandler {
  // The parser of Express would read a body of any length to its end before it refused it.
  return async (request, _response, next) => {
    checkHeaders(request);
    request.body = parse(await readBody(request, limitBytes));
    next();
  };
}

function checkHeaders({ headers }: IncomingMessage): void {
  const { 'content-type': contentType = '', 'content-encoding': encoding = 'identity' } = headers;
  if (contentType === '') throw unsupported('it has no Content-Type, or there is none');
  if (!/^application\/json *(?:;|$)/i.test(contentType))
    throw unsupported('its Content-Type is not application/json');
  const charset = /;\s*charset\s*=\s*"?([^;"\s]*)/i.exec(contentType)?.[1] ?? 'utf-8';
  if (encoding.toLowerCase() !== 'identity' || !/^utf-?8$/i.test(charset))
    throw unsupported('it is compressed, or in another character set');
}

function unsupported(finding: string): Error {
  return new GatewayError('GATEWAY_BODY_UNSUPPORTED', { finding });
}

/** In our words: those of a parser quote the body. */
function parse(bytes: Buffer): unknown {
  checkDepth(bytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('the body is not JSON in UTF-8');
  }
}

function invalid(finding: string): Error {
  return new GatewayError('GATEWAY_REQUEST_INVALID', { findings: [finding] });
}

/** Counts brackets outside of strings, before anything is built from them. */
function checkDepth(bytes: Buffer): void {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (isInString) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_DEPTH) throw invalid(`the body is nested more than ${MAX_DEPTH} deep`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}
