import { createParser } from 'eventsource-parser';
import { MAX_ANSWER_BYTES, MAX_EVENT_CHARS } from './limits.js';
import { ServerFault } from './server-failure.js';

export interface ServerEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

/**
 * Reads server-sent events from bytes, however they are cut. Comments are skipped. Throws a `ServerFault` for an event or
 * a stream that is too long.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  const ready: ServerEvent[] = [];
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARS,
    onEvent: ({ event, data }) => ready.push({ event, data }),
    onError: ({ type, field, value = '' }) => {
      if (type === 'max-buffer-size-exceeded') isTooLong = true;
      // Older versions of llama.cpp write `error: {…}`.
      else if (field === 'error') ready.push({ event: 'error', data: value });
    },
  });
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    parser.feed(decoder.decode(part, { stream: true }));
    yield* ready.splice(0);
    if (isTooLong) throw tooLong(`an event of its stream is longer than ${MAX_EVENT_CHARS} characters`);
    if (bytes > MAX_ANSWER_BYTES) throw tooLong(`its stream is longer than ${MAX_ANSWER_BYTES} bytes`);
  }
  // Some servers leave out the empty line after the last event.
  parser.feed(`${decoder.decode()}\n\n`);
  yield* ready.splice(0);
}

function tooLong(finding: string): ServerFault {
  return new ServerFault({ finding, canRepeat: false });
}
