import { checkAnnouncement } from './check-announcement.js';
import type { Announcement, AnnouncementEvent, ServiceAnnouncer } from './service-announcer.js';
import { StateStream } from './state-stream.js';

/** Remembers what is announced, and loses it when it is told to. */
export class FakeServiceAnnouncer implements ServiceAnnouncer {
  readonly #open = new Map<StateStream, Announcement>();
  #finding: string | undefined;

  /** What is announced now, oldest first. */
  get announced(): readonly Announcement[] {
    return this.#finding === undefined ? [...this.#open.values()] : [];
  }

  /** From now on nothing can be found, because of `finding`. */
  lose(finding: string): void {
    this.#finding = finding;
    this.#tell();
  }

  regain(): void {
    this.#finding = undefined;
    this.#tell();
  }

  announce(
    announcement: Announcement,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): StateStream {
    return new StateStream(options.signal, (stream) => {
      checkAnnouncement(announcement);
      this.#open.set(stream, announcement);
      stream.tell(this.#state());
      return {
        withdraw: async () => {
          this.#open.delete(stream);
        },
      };
    });
  }

  #state(): AnnouncementEvent {
    return this.#finding === undefined ? { state: 'announced' } : { state: 'lost', finding: this.#finding };
  }

  #tell(): void {
    for (const stream of this.#open.keys()) stream.tell(this.#state());
  }
}
