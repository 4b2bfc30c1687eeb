import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.js';

/** What is too long is read on for so many times its limit and thrown away, so that an honest client hears the answer. */
const MAX_EXCESS = 8;

/**
 * Reads at most `limitBytes`. Rejects with `GATEWAY_BODY_TOO_LARGE`, at once where much more is announced or comes: the
 * rest is then still unread, and the connection has to be closed.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () => new GatewayError('GATEWAY_BODY_TOO_LARGE', { limitBytes });
  if (Number(request.headers['content-length'] ?? 0) > MAX_EXCESS * limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  return await new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      request.off('data', take).off('end', end).off('close', lose).off('error', lose);
      if (error === undefined) resolve(Buffer.concat(chunks));
      else reject(error);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size <= MAX_EXCESS * limitBytes) return;
      request.pause();
      settle(tooLarge());
    };
    const end = () => settle(size > limitBytes ? tooLarge() : undefined);
    const lose = () =>
      settle(new GatewayError('GATEWAY_REQUEST_INVALID', { findings: ['the body ended early'] }));
    request.on('data', take).on('end', end).on('close', lose).on('error', lose);
  });
}
