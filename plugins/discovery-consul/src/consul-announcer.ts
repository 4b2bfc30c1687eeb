import {
  type Announcement,
  type AnnouncementEvent,
  checkAnnouncement,
  type ServiceAnnouncer,
  StateStream,
} from '@tiercel/capabilities/discovery';
import { Registration, type RegistrationDeps } from './registration.js';

export interface ConsulAnnouncerOptions {
  /** Nomad registers what its job files say. */
  readonly isInNomad: boolean;
}

export class ConsulAnnouncer implements ServiceAnnouncer, AsyncDisposable {
  readonly #deps: RegistrationDeps;
  readonly #options: ConsulAnnouncerOptions;
  readonly #registrations = new Set<Registration>();

  constructor(deps: RegistrationDeps, options: ConsulAnnouncerOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  announce(
    announcement: Announcement,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterableIterator<AnnouncementEvent> {
    return new StateStream(signal, (stream) => {
      checkAnnouncement(announcement);
      if (this.#options.isInNomad) {
        stream.tell({ state: 'left-to-others', finding: 'Nomad registers what its job file says' });
        return { withdraw: async () => undefined };
      }
      const registration = new Registration(announcement, this.#deps, (event) => stream.tell(event));
      this.#registrations.add(registration);
      const withdraw = async () => {
        await registration.withdraw();
        this.#registrations.delete(registration);
      };
      return { withdraw };
    });
  }

  /** Withdraws what nobody has withdrawn. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#registrations].map((registration) => registration.withdraw()));
  }
}
