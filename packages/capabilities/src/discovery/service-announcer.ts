import { defineCapability } from '@tiercel/kernel';

/** A service of this node, as others get to know it. */
export interface Announcement {
  /** Name under which others look for it: the rules are those of `Discovery`. */
  readonly service: string;
  readonly port: number;
  /** Default `http`. */
  readonly protocol?: 'http' | 'https';
  /** What addresses end with, such as `/v1`. Default: nothing. */
  readonly path?: string;
  /** Name or address under which others reach this machine. Default: what the announcer finds out. */
  readonly host?: string;
  /** Answers 200 to GET while the service can be used, without a key. Without it, nobody looks. */
  readonly healthPath?: string;
  readonly tags?: readonly string[];
  readonly version?: string;
  readonly tier?: string;
}

export type AnnouncementEvent =
  | { readonly state: 'announced' }
  /** Others may not find the service at the moment. It is tried again without an end. */
  | { readonly state: 'lost'; readonly finding: string }
  /** Somebody else announces this node, such as a scheduler, so nothing was done. */
  | { readonly state: 'left-to-others'; readonly finding: string };

/** Makes services of this node known, so that `Discovery` on other nodes finds them. */
export interface ServiceAnnouncer {
  /**
   * Announces for as long as somebody reads: tells the first state, then each that differs. Leaving withdraws, and waits for
   * that at most 2 seconds; so does aborting `signal`, whose reason the stream then ends with. Throws
   * `DISCOVERY_SERVICE_INVALID` or `DISCOVERY_ANNOUNCEMENT_INVALID` before anything was announced.
   */
  announce(
    announcement: Announcement,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<AnnouncementEvent>;
}

/** A node may have several, of different networks: whoever wants to be found asks for `many`. */
export const ServiceAnnouncer = defineCapability<ServiceAnnouncer>()({
  id: 'service-announcer',
  version: '1.0.0',
  methods: { announce: 'stream-out' },
});
