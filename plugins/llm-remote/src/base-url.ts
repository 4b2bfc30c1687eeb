import { LlmRemoteError } from './errors.js';

/**
 * Brings the address of a model server to one form, which ends in `/v1`: it may be given with or without, and with or
 * without a slash at its end. Throws LLM_REMOTE_URL_INVALID.
 */
export function parseBaseUrl(text: string): string {
  const trimmed = text.trim();
  if (!URL.canParse(trimmed)) throw invalid('not an address', 'it is not a URL');
  const url = new URL(trimmed);
  const where = url.host || url.protocol;
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(where, 'it does not start with http:// or https://');
  if (url.username !== '' || url.password !== '')
    throw invalid(where, 'it holds credentials; put the key into LLM_API_KEY');
  if (url.search !== '' || url.hash !== '') throw invalid(where, 'it has a query or a fragment');
  const path = url.pathname.replace(/\/+$/, '');
  if (/\/(?:chat\/completions|completions|models|responses)$/.test(path))
    throw invalid(where, `it ends in ${path}; leave out everything behind /v1`);
  return `${url.origin}${path.endsWith('/v1') ? path : `${path}/v1`}`;
}

function invalid(where: string, finding: string): Error {
  return new LlmRemoteError('LLM_REMOTE_URL_INVALID', { where, finding });
}
