import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { countListeners } from '../contract/count-listeners.js';
import type { Discovery, Endpoint, EndpointSet } from './discovery.js';

export interface OpenDiscovery {
  readonly provider: Discovery;
  /** Makes `endpoints` serve `service` from now on. Absent where a test cannot. */
  readonly announce?: (service: string, endpoints: readonly Endpoint[]) => void | Promise<void>;
  /** A name that somebody serves. */
  readonly service: string;
  readonly endpoints: readonly Endpoint[];
  close(): void | Promise<void>;
}

/** The rules that every `Discovery` follows. `open` is called once per test. */
export function describeDiscoveryContract(
  title: string,
  open: () => OpenDiscovery | Promise<OpenDiscovery>,
): void {
  describe(`${title} (Discovery contract)`, () => {
    let opened: OpenDiscovery;
    let discovery: Discovery;

    beforeEach(async () => {
      opened = await open();
      discovery = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    it('tells who serves a name', async () => {
      const { endpoints, isStale } = await discovery.resolve(opened.service);

      expect(urlsOf({ endpoints })).toEqual(urlsOf(opened));
      expect(isStale).toBe(false);
    });

    it('gives addresses that can be called, and no credentials', async () => {
      const { endpoints } = await discovery.resolve(opened.service);

      expect(endpoints.length).toBeGreaterThan(0);
      for (const { url, weight = 1 } of endpoints) {
        expect(new URL(url)).toMatchObject({
          protocol: expect.stringMatching(/^https?:$/),
          username: '',
          password: '',
        });
        expect(weight).toBeGreaterThanOrEqual(0);
      }
    });

    it('has nobody for a name that nobody serves', async () => {
      const { endpoints } = await discovery.resolve('nobody-serves-this');

      expect(endpoints).toEqual([]);
    });

    it.each(['', 'Tool Server', '../kv/secret', 'a?token=b', '-llm', 'x'.repeat(64)])(
      'refuses the name %j',
      async (name) => {
        const first = discovery.watch(name)[Symbol.asyncIterator]().next();

        await expect(first).rejects.toMatchObject({ code: 'DISCOVERY_SERVICE_INVALID', retryable: false });
        await expect(discovery.resolve(name)).rejects.toMatchObject({ code: 'DISCOVERY_SERVICE_INVALID' });
      },
    );

    it('tells a watcher the present set at once, and ends when it leaves', async () => {
      const seen: EndpointSet[] = [];

      for await (const set of discovery.watch(opened.service)) {
        seen.push(set);
        break;
      }

      expect(seen.map(urlsOf)).toEqual([urlsOf(opened)]);
    });

    it('tells a watcher of each change, and of no set twice', async () => {
      const { announce } = opened;
      if (!announce) return;
      const sets = discovery.watch(opened.service)[Symbol.asyncIterator]();
      await sets.next();
      const moved = [{ url: 'http://192.0.2.7:8080' }, { url: 'http://192.0.2.8:8080' }];

      const second = sets.next();
      await announce(opened.service, moved);
      const third = sets.next().then(async (result) => ({ result, fourth: sets.next() }));
      expect(urlsOf((await second).value)).toEqual(urlsOf({ endpoints: moved }));
      await announce(opened.service, moved);
      await announce(opened.service, []);

      const { result, fourth } = await third;
      expect(result.value.endpoints).toEqual([]);
      await sets.return?.();
      expect(await fourth).toEqual({ done: true, value: undefined });
    });

    it('rejects with the reason of a signal that has aborted', async () => {
      const reason = new Error('given up');
      const signal = AbortSignal.abort(reason);

      await expect(discovery.resolve(opened.service, { signal })).rejects.toBe(reason);
      await expect(discovery.watch(opened.service, { signal })[Symbol.asyncIterator]().next()).rejects.toBe(
        reason,
      );
    });

    it('ends a watch with the reason of its signal, and leaves no listener', async () => {
      const controller = new AbortController();
      const listeners = countListeners(controller.signal);
      const reason = new Error('given up');
      const sets = discovery.watch(opened.service, { signal: controller.signal })[Symbol.asyncIterator]();
      await sets.next();

      const waiting = sets.next();
      controller.abort(reason);

      await expect(waiting).rejects.toBe(reason);
      expect(listeners()).toBe(0);
    });

    it('ends a pending read when its reader leaves', async () => {
      const sets = discovery.watch(opened.service)[Symbol.asyncIterator]();
      await sets.next();

      const waiting = sets.next();
      await sets.return?.();

      expect(await waiting).toEqual({ done: true, value: undefined });
    });
  });
}

function urlsOf({ endpoints }: { readonly endpoints: readonly Endpoint[] }): readonly string[] {
  return endpoints.map(({ url }) => url).sort();
}
