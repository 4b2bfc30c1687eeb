import { StreamReader } from './stream-reader.js';

/** A stream that fails when it is read. */
export function failedStream(error: unknown): AsyncIterableIterator<unknown> {
  const reader = new StreamReader({
    ahead: 0,
    request: () => undefined,
    leave: () => reader.end(),
    onOver: () => undefined,
    leaveTimeoutMs: 0,
  });
  reader.fail(error);
  return reader;
}

/** Readers whose users may forget them without leaving, as a generator may be forgotten. */
const forgotten = new FinalizationRegistry<StreamReader>((reader) => {
  reader.return().catch(() => undefined);
});

/** The reader as its user sees it; the connection does not hold on to this, so that it notices when nobody does. */
export function leftWhenForgotten(reader: StreamReader): AsyncIterableIterator<unknown> {
  const stream: AsyncIterableIterator<unknown> = {
    next: () => reader.next(),
    return: () => reader.return(),
    [Symbol.asyncIterator]: () => stream,
  };
  forgotten.register(stream, reader);
  return stream;
}
