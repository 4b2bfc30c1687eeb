import type { WorldChange } from '@tiercel/capabilities/world-model';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { createParser } from 'eventsource-parser';
import { CliError } from '../errors.js';

/** The node says something every 10 s. */
const SILENCE_TIMEOUT_MS = 30_000;
/** Far more than one entry has, and a piece of a snapshot. */
const MAX_EVENT_CHARACTERS = 4 * 2 ** 20;

/** The changes among server-sent events, however they are cut. Snapshots are left out: whoever is reset reads one. */
export async function* readWatchEvents(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<WorldChange, void, undefined> {
  const decoder = new TextDecoder();
  const ready: WorldChange[] = [];
  const tooLong = new CliError('CLI_WATCH_UNREADABLE', { finding: 'one event is too long' });
  let failure: unknown;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ event, data }) => {
      if (event === 'reset') ready.push({ ...JSON.parse(data), type: 'reset' });
      else if (event === 'change') ready.push(JSON.parse(data));
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') failure = tooLong;
    },
  });
  const reader = body.getReader();
  try {
    for (;;) {
      const late = () =>
        new CliError('CLI_WATCH_UNREADABLE', { finding: `nothing came for ${SILENCE_TIMEOUT_MS} ms` });
      using deadline = openDeadline(signal, SILENCE_TIMEOUT_MS, late);
      const { done, value } = await raceSignal(reader.read(), deadline.signal);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      if (failure !== undefined) throw failure;
      yield* ready.splice(0);
    }
  } finally {
    // Whoever left is not waited for.
    void reader.cancel().catch(() => undefined);
  }
}
