import type { ServerContext } from '@modelcontextprotocol/server';
import type { Log } from '@tiercel/capabilities/log';
import { metaKeys } from '@tiercel/tools/meta-keys';

/** A reader that does not keep up must not fill the memory; the result has everything once more. */
const MAX_PROGRESS_BYTES = 2 ** 20;

/** Sends parts of a result ahead, to a client that asked for them. */
export function progressOf(
  { _meta, notify }: ServerContext['mcpReq'],
  log: Pick<Log, 'debug'>,
): ((part: unknown) => void) | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  let progress = 0;
  let bytes = 0;
  return (part) => {
    const json = toJson(part);
    if (json === undefined) return;
    bytes += Buffer.byteLength(json);
    if (bytes > MAX_PROGRESS_BYTES) return;
    progress++;
    notify({
      method: 'notifications/progress',
      params: {
        progressToken,
        progress,
        ...(typeof part === 'string' && { message: part }),
        _meta: { [metaKeys.part]: JSON.parse(json) },
      },
    }).catch((error: unknown) => log.debug('progress came to nobody', { private: { error } }));
  };
}

function toJson(part: unknown): string | undefined {
  try {
    return JSON.stringify(part);
  } catch {
    return undefined;
  }
}
