import type { Clock } from '@tiercel/capabilities/clock';
import type { Announcement, ServiceAnnouncer } from '@tiercel/capabilities/discovery';
import type { Log } from '@tiercel/capabilities/log';
import { type Config, type ConfigSchema, openDeadline, raceSignal } from '@tiercel/kernel';
import type { ListenerFacts } from './gateway.js';
import { isLoopbackHost } from './http/request-checks.js';

export const announceConfig = {
  announce: {
    doc: 'Which listeners are made known where an announcer (discovery-consul, discovery-mdns) is listed: network (those that other machines reach), all, or none',
    format: ['network', 'all', 'none'],
    default: 'network',
    env: 'GATEWAY_ANNOUNCE',
  },
} as const satisfies ConfigSchema;

export interface AnnounceOptions {
  readonly announce: Config<typeof announceConfig>['announce'];
  readonly announcers: readonly ServiceAnnouncer[];
  readonly listeners: readonly ListenerFacts[];
  readonly version: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** What others look for when they want a group. */
const services: Readonly<Record<string, string>> = {
  openai: 'llm',
  tools: 'tool-server-api',
  world: 'world-model-api',
  session: 'tiercel-session',
};

const WILDCARDS = new Set(['0.0.0.0', '[::]']);
const AGAIN_MS = 10_000;
/** Part of the time that a plugin has to stop; the rest is for requests that are being answered. */
const WITHDRAW_TIMEOUT_MS = 1_500;

/** Makes the groups of these listeners known until it is disposed: before they close, so that nobody finds them closed. */
export function announceListeners(options: AnnounceOptions): AsyncDisposable {
  const { announce, announcers, listeners, version } = options;
  const left = new AbortController();
  const reachable = listeners.filter(
    ({ url }) => announce === 'all' || (announce === 'network' && !isLoopbackHost(new URL(url).hostname)),
  );
  const announcements = reachable.flatMap(({ url, groups }) => {
    return groups.flatMap((group) => {
      const service = services[group];
      return service === undefined ? [] : [announcementOf(service, new URL(url), version)];
    });
  });
  const running = announcements.flatMap((announcement) =>
    announcers.map((announcer) => keepAnnouncing(announcer, announcement, left.signal, options)),
  );
  return {
    async [Symbol.asyncDispose]() {
      left.abort();
      using deadline = openDeadline(undefined, WITHDRAW_TIMEOUT_MS, () => undefined);
      // Who hangs goes on by itself: it has a deadline of its own.
      await raceSignal(Promise.all(running), deadline.signal).catch(() => undefined);
    },
  };
}

function announcementOf(service: string, { protocol, hostname, port }: URL, version: string): Announcement {
  const isTls = protocol === 'https:';
  return {
    service,
    port: Number(port) || (isTls ? 443 : 80),
    protocol: isTls ? 'https' : 'http',
    healthPath: '/readyz',
    version,
    ...(!WILDCARDS.has(hostname) && { host: hostname.replace(/^\[|\]$/g, '') }),
  };
}

/** Never rejects. Settles when the service is withdrawn. */
async function keepAnnouncing(
  announcer: ServiceAnnouncer,
  announcement: Announcement,
  signal: AbortSignal,
  { log, clock }: AnnounceOptions,
): Promise<void> {
  const { service, port } = announcement;
  while (!signal.aborted) {
    try {
      for await (const event of announcer.announce(announcement, { signal })) {
        if (event.state === 'announced') log.info('announced', { service, port });
        else
          log[event.state === 'lost' ? 'warn' : 'info'](`not announced: ${event.finding}`, { service, port });
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn('not announced', { service, port, error });
    }
    await clock.delay(AGAIN_MS, { signal }).catch(() => undefined);
  }
}
