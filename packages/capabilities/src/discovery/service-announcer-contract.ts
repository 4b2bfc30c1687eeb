import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { countListeners } from '../contract/count-listeners.js';
import type { Announcement, AnnouncementEvent, ServiceAnnouncer } from './service-announcer.js';

export interface OpenServiceAnnouncer {
  readonly provider: ServiceAnnouncer;
  /** Settles when others can find `service`. */
  whenFound(service: string): Promise<unknown>;
  /** Settles when they no longer can. */
  whenGone(service: string): Promise<unknown>;
  close(): void | Promise<void>;
}

const PATIENCE_MS = 120_000;

/** The rules that every `ServiceAnnouncer` follows. `open` is called once per test. */
export function describeServiceAnnouncerContract(
  title: string,
  open: () => OpenServiceAnnouncer | Promise<OpenServiceAnnouncer>,
): void {
  describe(`${title} (ServiceAnnouncer contract)`, () => {
    let opened: OpenServiceAnnouncer;

    beforeEach(async () => {
      opened = await open();
    });

    afterEach(async () => {
      await opened.close();
    });

    const announce = (announcement: Partial<Announcement>, signal?: AbortSignal) =>
      opened.provider
        .announce({ service: 'contract-llm', port: 8_000, host: '127.0.0.1', ...announcement }, { signal })
        [Symbol.asyncIterator]();

    it(
      'makes a service known, and withdraws it when its reader leaves',
      async () => {
        const states = announce({ tags: ['gpu'], version: '1.2.3', tier: 'core', path: '/v1' });

        const first = await states.next();
        await opened.whenFound('contract-llm');
        await states.return?.();

        expect(first.value).toEqual({ state: 'announced' });
        await opened.whenGone('contract-llm');
      },
      PATIENCE_MS,
    );

    it(
      'withdraws when its signal aborts, ends with the reason, and leaves no listener',
      async () => {
        const controller = new AbortController();
        const listeners = countListeners(controller.signal);
        const reason = new Error('the node stops');
        const states = announce({}, controller.signal);
        await states.next();
        await opened.whenFound('contract-llm');

        const waiting = states.next();
        controller.abort(reason);

        await expect(waiting).rejects.toBe(reason);
        await opened.whenGone('contract-llm');
        expect(listeners()).toBe(0);
      },
      PATIENCE_MS,
    );

    it(
      'keeps several apart',
      async () => {
        const llm = announce({});
        const tools = announce({ service: 'contract-tools', port: 8_001 });
        await Promise.all([llm.next(), tools.next()]);

        await llm.return?.();

        await opened.whenGone('contract-llm');
        await opened.whenFound('contract-tools');
        await tools.return?.();
        await opened.whenGone('contract-tools');
      },
      PATIENCE_MS,
    );

    it(
      'ends a pending read when its reader leaves',
      async () => {
        const states = announce({});
        await states.next();

        const waiting = states.next();
        await states.return?.();

        expect(await waiting).toEqual({ done: true, value: undefined });
      },
      PATIENCE_MS,
    );

    it('rejects with the reason of a signal that has aborted', async () => {
      const reason = new Error('given up');

      await expect(announce({}, AbortSignal.abort(reason)).next()).rejects.toBe(reason);
    });

    it('refuses a name that nobody could look for', async () => {
      await expect(announce({ service: '../kv/secret' }).next()).rejects.toMatchObject({
        code: 'DISCOVERY_SERVICE_INVALID',
        retryable: false,
      });
    });

    it.each<[string, Partial<Announcement>]>([
      ['port', { port: 0 }],
      ['port', { port: 65_536 }],
      ['path', { path: 'v1' }],
      ['host', { host: 'a host' }],
      ['healthPath', { healthPath: '/health?key=secret' }],
      ['tag', { tags: ['line\nbreak'] }],
    ])('refuses an announcement whose %s makes no address', async (part, announcement) => {
      await expect(announce(announcement).next()).rejects.toMatchObject({
        code: 'DISCOVERY_ANNOUNCEMENT_INVALID',
        message: expect.stringContaining(part),
        retryable: false,
      });
    });

    it(
      'speaks in plain data',
      async () => {
        const states = announce({});

        const { value } = await states.next();
        await states.return?.();

        expect(structuredClone(value satisfies AnnouncementEvent)).toEqual(value);
      },
      PATIENCE_MS,
    );
  });
}
