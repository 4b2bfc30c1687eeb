import type { Clock } from '@tiercel/capabilities/clock';
import type { Announcement, AnnouncementEvent, Standing } from '@tiercel/capabilities/discovery';
import type { Log } from '@tiercel/capabilities/log';
import { isTiercelError, openDeadline } from '@tiercel/kernel';
import type { ConsulClient } from './consul-client.js';
import { ConsulError } from './errors.js';
import {
  ANSWER_TIMEOUT_MS,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  RENEW_MS,
  WITHDRAW_TIMEOUT_MS,
} from './limits.js';
import { findLocalAddress } from './local-address.js';
import type { Troubles } from './troubles.js';

export interface RegistrationDeps {
  readonly client: ConsulClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly troubles: Troubles;
  readonly random: () => number;
  readonly node: string;
  readonly advertise: string;
}

/**
 * One service of this node in Consul, for as long as it stands. It is registered anew every minute, so that an agent that
 * lost it has it again: Consul takes the same registration twice for one, and keeps what its check has found.
 */
export class Registration implements Standing {
  readonly #announcement: Announcement;
  readonly #deps: RegistrationDeps;
  readonly #tell: (event: AnnouncementEvent) => void;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #withdrawing: Promise<void> | undefined;
  /** Also while nobody knows whether Consul has taken it. */
  #isPerhapsThere = false;
  #isLost = false;

  constructor(announcement: Announcement, deps: RegistrationDeps, tell: (event: AnnouncementEvent) => void) {
    this.#announcement = announcement;
    this.#deps = deps;
    this.#tell = tell;
    this.#running = this.#run(this.#stop.signal);
  }

  get #id(): string {
    const { service, port } = this.#announcement;
    return `${this.#deps.node}:${service}:${port}`;
  }

  withdraw(): Promise<void> {
    this.#withdrawing ??= this.#withdraw();
    return this.#withdrawing;
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await this.#register(signal);
        this.#regained();
        pauseMs = FIRST_PAUSE_MS;
        await clock.delay(RENEW_MS * (0.9 + random() / 5), { signal });
      } catch (error) {
        if (signal.aborted) return;
        this.#lost(error);
        await clock.delay(pauseMs * (0.5 + random() / 2), { signal }).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { client } = this.#deps;
    const body = await this.#describe(signal);
    this.#isPerhapsThere = true;
    await client.ask('PUT', '/v1/agent/service/register', { body, timeoutMs: ANSWER_TIMEOUT_MS, signal });
  }

  async #describe(signal: AbortSignal): Promise<unknown> {
    const { client, advertise } = this.#deps;
    const {
      service,
      port,
      protocol = 'http',
      path,
      healthPath,
      tags = [],
      version,
      tier,
    } = this.#announcement;
    const known = advertise || this.#announcement.host;
    using search = openDeadline(signal, ANSWER_TIMEOUT_MS, () => {
      const finding = 'this machine does not find its own address on the way there';
      return new ConsulError('CONSUL_UNREACHABLE', { origin: client.origin, finding });
    });
    const host = known || (await findLocalAddress(client.origin, search.signal));
    const authority = `${(host ?? '127.0.0.1').replace(/^.*:.*$/, '[$&]')}:${port}`;
    const look =
      healthPath === undefined ? { TCP: authority } : { HTTP: `${protocol}://${authority}${healthPath}` };
    return {
      ID: this.#id,
      Name: service,
      // Without one, Consul takes the address of its agent, which then is on this machine.
      ...(host !== undefined && { Address: host }),
      Port: port,
      Tags: tags,
      Meta: {
        ...(version !== undefined && { version }),
        ...(tier !== undefined && { tier }),
        ...(protocol !== 'http' && { protocol }),
        ...(path !== undefined && { path }),
      },
      Check: { ...look, Interval: '10s', Timeout: '3s', DeregisterCriticalServiceAfter: '10m' },
    };
  }

  #regained(): void {
    const { log, troubles } = this.#deps;
    const { service } = this.#announcement;
    if (this.#isLost) log.info('Consul has the service of this node again', { service });
    this.#isLost = false;
    troubles.set(`announce ${this.#id}`, undefined);
    this.#tell({ state: 'announced' });
  }

  #lost(error: unknown): void {
    const { log, troubles } = this.#deps;
    const { service } = this.#announcement;
    const finding = isTiercelError(error) ? error.message : 'Consul cannot be asked';
    if (!this.#isLost) log.warn('Consul does not take the service of this node', { service, error });
    this.#isLost = true;
    troubles.set(`announce ${this.#id}`, finding);
    this.#tell({ state: 'lost', finding });
  }

  async #withdraw(): Promise<void> {
    const { client, log, troubles } = this.#deps;
    this.#stop.abort();
    await this.#running;
    troubles.set(`announce ${this.#id}`, undefined);
    if (!this.#isPerhapsThere) return;
    const path = `/v1/agent/service/deregister/${encodeURIComponent(this.#id)}`;
    using deadline = openDeadline(undefined, WITHDRAW_TIMEOUT_MS, () => {
      return new ConsulError('CONSUL_SILENT', { origin: client.origin, waitedMs: WITHDRAW_TIMEOUT_MS });
    });
    try {
      await client.ask('PUT', path, { timeoutMs: ANSWER_TIMEOUT_MS, signal: deadline.signal });
    } catch (error) {
      // Its check will fail from now on, and Consul forgets it after ten minutes.
      log.warn('Consul was not told that a service of this node is gone', { error });
    }
  }
}
