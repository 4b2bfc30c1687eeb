import type { Discovery, EndpointSet } from '@tiercel/capabilities/discovery';
import { parseServerUrl } from './server-url.js';
import type { ToolServer } from './tool-server.js';

export interface ServerPoolOptions {
  /** The one server, or who tells which ones there are. */
  readonly addresses: URL | { readonly discovery: Discovery; readonly service: string };
  readonly createServer: (url: URL) => ToolServer;
  /** At least 0 and below 1. */
  readonly random: () => number;
}

interface Member {
  readonly server: ToolServer;
  /** Drawn once, so that a node stays with its server while others go to theirs. */
  readonly rank: number;
}

/** The tool servers of one name. Members come and go as discovery says; each keeps its own circuit. */
export class ServerPool implements AsyncDisposable {
  readonly #options: ServerPoolOptions;
  #members: ReadonlyMap<string, Member> = new Map();

  constructor(options: ServerPoolOptions) {
    this.#options = options;
  }

  /** Everyone who may be asked, in the order in which to do so. */
  get servers(): readonly ToolServer[] {
    const members = [...this.#members.values()].sort((a, b) => b.rank - a.rank);
    return members.map(({ server }) => server).sort((a, b) => Number(b.isCallable) - Number(a.isCallable));
  }

  /** Asks who is there now. */
  async refresh(signal: AbortSignal): Promise<void> {
    const { addresses } = this.#options;
    if (addresses instanceof URL) {
      await this.#keep([{ url: addresses, weight: 1 }]);
      return;
    }
    await this.#keep(usableOf(await addresses.discovery.resolve(addresses.service, { signal })));
  }

  /** Whether these are other servers than those that were there at the last refresh. */
  differsFrom(set: EndpointSet): boolean {
    const urls = new Set(usableOf(set).map(({ url }) => url.href));
    return urls.size !== this.#members.size || [...urls].some((url) => !this.#members.has(url));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keep([]);
  }

  async #keep(endpoints: readonly { readonly url: URL; readonly weight: number }[]): Promise<void> {
    const before = this.#members;
    this.#members = new Map(
      endpoints.map(({ url, weight }) => [url.href, before.get(url.href) ?? this.#add(url, weight)]),
    );
    const gone = [...before].filter(([url]) => !this.#members.has(url));
    for (const [, { server }] of gone) await server[Symbol.asyncDispose]();
  }

  /** A member of weight 2 comes first twice as often as one of weight 1; one of weight 0 comes last. */
  #add(url: URL, weight: number): Member {
    const rank = weight > 0 ? this.#options.random() ** (1 / weight) : -1;
    return { server: this.#options.createServer(url), rank };
  }
}

function usableOf({ endpoints }: EndpointSet): readonly { readonly url: URL; readonly weight: number }[] {
  return endpoints.flatMap(({ url: text, weight = 1 }) => {
    const url = parseServerUrl(text);
    return url instanceof URL ? [{ url, weight }] : [];
  });
}
