import type { FetchLike } from '@modelcontextprotocol/client';

/** What became known about a request below the protocol. */
export interface HttpFacts {
  /** The server has begun to answer, so it has got the request. */
  status: number | undefined;
  /** Its wish to be left alone, where it has one. */
  retryAfterMs: number | undefined;
  /** Why the request or its answer was cut short. */
  cause: unknown;
  isTooLarge: boolean;
  /** The answer is in one of the two formats that MCP servers answer in. */
  isMessage: boolean;
}

export function noFacts(): HttpFacts {
  return {
    status: undefined,
    retryAfterMs: undefined,
    cause: undefined,
    isTooLarge: false,
    isMessage: false,
  };
}

/** A fetch that reads at most `maxBytes` of an answer, unpacked, and notes what happens where `findFacts` says. */
export function boundedFetch(maxBytes: number, findFacts: () => HttpFacts | undefined): FetchLike {
  return async (url, init) => {
    const facts = findFacts() ?? noFacts();
    try {
      const response = await fetch(url, init);
      facts.status = response.status;
      facts.retryAfterMs = retryAfterMs(response.headers.get('retry-after'));
      facts.isMessage = /^(application\/json|text\/event-stream)\b/i.test(
        response.headers.get('content-type') ?? '',
      );
      if (!response.body) return response;
      return new Response(response.body.pipeThrough(counting(maxBytes, facts)), response);
    } catch (error) {
      facts.cause = error;
      throw error;
    }
  };
}

function counting(maxBytes: number, facts: HttpFacts): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) {
        controller.enqueue(chunk);
        return;
      }
      facts.isTooLarge = true;
      controller.error(new RangeError(`more than ${maxBytes} bytes`));
    },
  });
}

function retryAfterMs(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}
