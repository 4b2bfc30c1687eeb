import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { type ServedGateway, type ServeOptions, serveGateway } from '../gateway.test.support.js';

export interface ServedWorld extends AsyncDisposable {
  readonly world: FakeWorldModel;
  readonly url: string;
  readonly port: number;
  readonly served: ServedGateway;
  /** With a JSON body, if one is given. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

/** A world model on a listener of its own. */
export async function serveWorld(
  entries: Readonly<Record<string, unknown>> = {},
  {
    world = new FakeWorldModel({ entries }),
    ...options
  }: ServeOptions & { readonly world?: FakeWorldModel } = {},
): Promise<ServedWorld> {
  const served = await serveGateway({ ...options, world, config: { groups: ['world'], ...options.config } });
  const { url, port } = served;
  return {
    world,
    url,
    port,
    served,
    send: (method, path, body, headers = {}) =>
      fetch(url + path, {
        method,
        headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

export interface ServerSentEvent {
  readonly type: string;
  readonly id: string | undefined;
  // Tests look into whatever came.
  readonly data: Readonly<Record<string, unknown>>;
}

export interface OpenEvents extends AsyncDisposable {
  readonly response: Response;
  /** The next event; undefined when the server has ended the stream. */
  next(): Promise<ServerSentEvent | undefined>;
  /** Settles when a comment has come. */
  comment(): Promise<string>;
}

/** Reads server-sent events as a browser would. */
export async function openEvents(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenEvents> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  const blocks = blocksOf(response);
  const nextBlock = async (isWanted: (block: string) => boolean): Promise<string | undefined> => {
    for (;;) {
      const { done, value } = await blocks.next();
      if (done) return undefined;
      if (isWanted(value)) return value;
    }
  };
  return {
    response,
    async next() {
      const block = await nextBlock((text) => !text.startsWith(':'));
      return block === undefined ? undefined : parseEvent(block);
    },
    comment: async () => (await nextBlock((text) => text.startsWith(':'))) ?? '',
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await blocks.return(undefined).catch(() => undefined);
    },
  };
}

async function* blocksOf(response: Response): AsyncGenerator<string, void, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
  }
}

function parseEvent(block: string): ServerSentEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(line) ?? [];
      return [name, value];
    }),
  );
  return {
    type: fields.get('event') ?? 'message',
    id: fields.get('id'),
    data: JSON.parse(fields.get('data') ?? '{}'),
  };
}
