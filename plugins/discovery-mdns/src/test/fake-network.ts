import { EventEmitter } from 'node:events';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import type makeMdns from 'multicast-dns';
import type { MulticastDNS, QueryPacket, ResponsePacket } from 'multicast-dns';
import { MdnsNetwork } from '../mdns-network.js';
import type { Answer } from '../service-records.js';

/** A network at rest: what it hears and what fails is up to the test, as is the time. */
export class FakeNetwork implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly network: MdnsNetwork;
  /** What the plugin has said about its health, oldest first. */
  readonly health: string[] = [];
  /** Virtual times of the questions. */
  readonly asked: number[] = [];
  /** Records that were sent, by message. */
  readonly sent: { readonly atMs: number; readonly answers: readonly Answer[] }[] = [];
  /** Makes the next sockets fail to open, or what is sent through them fail. */
  failure: { readonly on: 'open' | 'send'; readonly code: string } | undefined;
  opened = 0;
  #socket = new EventEmitter();

  constructor() {
    this.network = new MdnsNetwork({
      library: (() => this.#open()) as typeof makeMdns,
      interface: '',
      port: 5353,
      clock: this.clock,
      log: this.log,
      health: {
        degraded: (reason) => this.health.push(reason),
        ready: () => this.health.push('ready'),
        facts: () => undefined,
      },
    });
  }

  hear(answers: readonly Answer[], address = '127.0.0.1'): void {
    const response = {
      type: 'response',
      answers: [...answers],
      additionals: [],
    } as unknown as ResponsePacket;
    this.#socket.emit('response', response, { address });
  }

  hearQuestion(name: string, answers: readonly Answer[] = []): void {
    const query = { type: 'query', questions: [{ name, type: 'PTR' }], answers: [...answers] };
    this.#socket.emit('query', query as unknown as QueryPacket, { address: '127.0.0.1' });
  }

  hearNonsense(): void {
    this.#socket.emit('warning', new Error('Cannot decode'));
  }

  breakDown(code: string): void {
    this.#socket.emit('error', Object.assign(new Error('broken'), { code }));
  }

  /** Moves time, and lets everything that is due happen. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network[Symbol.asyncDispose]();
  }

  #open(): MulticastDNS {
    this.opened++;
    const socket = new EventEmitter();
    this.#socket = socket;
    const isFailing = (on: 'open' | 'send') => (this.failure?.on === on ? this.#error() : null);
    const openFailure = isFailing('open');
    queueMicrotask(() => (openFailure ? socket.emit('error', openFailure) : socket.emit('ready')));
    return Object.assign(socket, {
      query: (_: unknown, done: (error: Error | null) => void) => {
        const failure = isFailing('send');
        if (!failure) this.asked.push(this.clock.nowMs());
        done(failure);
      },
      respond: (answers: readonly Answer[], done: (error: Error | null) => void) => {
        const failure = isFailing('send');
        if (!failure) this.sent.push({ atMs: this.clock.nowMs(), answers });
        done(failure);
      },
      destroy: (done: () => void) => done(),
    }) as unknown as MulticastDNS;
  }

  #error(): Error {
    return Object.assign(new Error('broken'), { code: this.failure?.code });
  }
}
