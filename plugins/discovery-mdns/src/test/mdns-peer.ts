import { once } from 'node:events';
import type { Endpoint } from '@tiercel/capabilities/discovery';
import makeMdns, { type MulticastDNS, type ResponsePacket } from 'multicast-dns';
import { TTL_SECONDS } from '../limits.js';
import { type Answer, goodbyesIn, instancesIn, recordsOf } from '../service-records.js';

/** Where nodes under test speak to nobody else on this machine. */
export interface TestNetwork {
  readonly interface: string;
  readonly port: number;
}

export function openTestNetwork(): TestNetwork {
  return { interface: '127.0.0.1', port: 20_000 + Math.floor(Math.random() * 40_000) };
}

/** Somebody else on the network, who speaks multicast DNS with the library alone. */
export class MdnsPeer implements AsyncDisposable {
  readonly #socket: MulticastDNS;
  readonly #present = new Map<string, string>();
  readonly #served = new Map<string, readonly Endpoint[]>();

  static async open(network: TestNetwork): Promise<MdnsPeer> {
    const socket = makeMdns({ ...network, bind: '0.0.0.0' });
    await once(socket, 'ready');
    return new MdnsPeer(socket);
  }

  private constructor(socket: MulticastDNS) {
    this.#socket = socket;
    socket.on('query', () => {
      void this.#send([...this.#served].flatMap(([service, endpoints]) => this.#records(service, endpoints)));
    });
    socket.on('response', (response: ResponsePacket, { address }) => {
      for (const name of goodbyesIn(response)) this.#present.delete(name);
      for (const { name, service } of instancesIn(response, address)) this.#present.set(name, service);
    });
  }

  /** Makes `endpoints` serve `service`, and says goodbye for those before, all in one message. */
  async serve(service: string, endpoints: readonly Endpoint[]): Promise<void> {
    const before = this.#records(service, this.#served.get(service) ?? []);
    const now = this.#records(service, endpoints);
    const goodbyes = before
      .filter(
        (record) => record.type === 'PTR' && !now.some((each) => 'data' in each && each.data === record.data),
      )
      .map((record) => ({ ...record, ttl: 0 }) as Answer);
    this.#served.set(service, endpoints);
    await this.#send([...goodbyes, ...now]);
  }

  async #send(answers: readonly Answer[]): Promise<void> {
    if (answers.length === 0) return;
    await new Promise<void>((resolve, reject) =>
      this.#socket.respond([...answers], (error) => (error ? reject(error) : resolve())),
    );
  }

  async untilPresent(service: string, isPresent = true): Promise<void> {
    while ([...this.#present.values()].includes(service) !== isPresent) await once(this.#socket, 'response');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.destroy(resolve));
  }

  #records(service: string, endpoints: readonly Endpoint[]): readonly Answer[] {
    return endpoints.flatMap(({ url, id, tags }) => {
      const { hostname, port, protocol, pathname } = new URL(url);
      const label = `peer-${service}-${hostname}-${port}`.replaceAll(/[^a-z0-9-]/g, '-');
      return recordsOf(
        {
          label,
          id: id ?? `peer:${service}:${hostname}:${port}`,
          announcement: {
            service,
            port: Number(port),
            protocol: protocol === 'https:' ? 'https' : 'http',
            ...(pathname !== '/' && { path: pathname }),
            ...(tags && { tags: [...tags] }),
          },
          hosts: [hostname],
        },
        TTL_SECONDS,
      );
    });
  }
}
