import type { MethodShape } from '@tiercel/kernel';
import { PlacementError } from '../errors.js';
import { cloneableParts } from './cloneable.js';
import { Incoming, Outgoing } from './lending.js';
import type { Special, WireMessage } from './message.js';
import { type PackedArgs, packArgs, unpackArgs } from './pack-args.js';
import { failedStream, leftWhenForgotten } from './remote-stream.js';
import { StreamReader } from './stream-reader.js';
import { StreamSource } from './stream-source.js';
import { packError, unpackError } from './wire-error.js';

/** An object whose methods the other process may call. */
export interface Served {
  readonly provider: object;
  readonly methods: Readonly<Record<string, MethodShape>>;
}

/** What proxies need: a way to call what is in another process. */
export interface Link {
  call(target: string, member: string, args: readonly unknown[], hasStream: boolean): Promise<unknown>;
  stream(
    target: string,
    member: string,
    args: readonly unknown[],
    hasStream: boolean,
  ): AsyncIterableIterator<unknown>;
  notify(target: string, member: string, args: readonly unknown[]): void;
}

export interface ConnectionOptions {
  /** The plugin that runs in the child, for messages of errors. */
  readonly plugin: string;
  readonly side: 'parent' | 'child';
  /** Throws, before anything is sent, what cannot be cloned. `onSent` is called when the message is on its way. */
  send(message: WireMessage, onSent?: () => void): void;
  /** Throws what the caller is to get when there is nothing to call. */
  serve(target: string): Served;
  /** Calls and streams under way in each direction. */
  readonly callLimit: number;
  /** Told when the first call of this side begins and when the last one is over. */
  onBusy?(isBusy: boolean): void;
  /** Notifications and callbacks that were not sent, because the other side did not keep up. */
  onDropped(count: number): void;
}

/** Items of a stream argument that may be on their way. Streams that come back run only as far as they are read. */
const argumentWindow = 8;
/** Notifications that wait for the other side; more are dropped and counted. */
const notifyLimit = 1_000;
/** How long the provider of a stream has to say how it ends after its caller has aborted. */
const abortGraceMs = 1_000;
const leaveTimeoutMs = 5_000;

interface PendingCall {
  /** Set when it has lent something to the other side. */
  readonly outgoing: Outgoing | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface PendingStream {
  readonly reader: StreamReader;
  /** Set for a stream that comes back from a call of this side. */
  readonly outgoing?: Outgoing;
  /** Set for one that came as an argument. */
  readonly incoming?: Incoming;
}

/** One end of a pair of connections: calls what the other serves, and serves what the other calls. */
export class Connection implements Link {
  readonly #options: ConnectionOptions;
  #lastId: number;
  readonly #calls = new Map<number, PendingCall>();
  readonly #readers = new Map<number, PendingStream>();
  readonly #sources = new Map<number, StreamSource>();
  readonly #incoming = new Map<number, Incoming>();
  /** Signals of the other side's calls. */
  readonly #signals = new Map<number, AbortController>();
  /** Functions that the other side may call. */
  readonly #callbacks = new Map<number, (...args: unknown[]) => unknown>();
  #busy = 0;
  #unsent = 0;
  #dropped = 0;
  #closed: { readonly error: unknown } | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#lastId = options.side === 'parent' ? 0 : 1;
  }

  call(target: string, member: string, args: readonly unknown[], hasStream: boolean): Promise<unknown> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    const id = this.#nextId();
    let packed: PackedArgs | undefined;
    try {
      packed = this.#pack(member, args, hasStream);
      if (packed?.cancel?.aborted) return Promise.reject(packed.cancel.reason);
      this.#invoke('call', id, target, member, args, packed);
    } catch (error) {
      return Promise.reject(error);
    }
    const outgoing = packed && this.#openOutgoing(packed);
    this.#begin();
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { outgoing, resolve, reject });
      outgoing?.watch((signal) => {
        if (signal !== packed?.cancel || !this.#calls.has(id)) return;
        this.#endCall(id, signal.reason);
        reject(signal.reason);
      });
    });
  }

  stream(
    target: string,
    member: string,
    args: readonly unknown[],
    hasStream: boolean,
  ): AsyncIterableIterator<unknown> {
    const refusal = this.#refusal();
    if (refusal) return failedStream(refusal);
    const id = this.#nextId();
    let packed: PackedArgs | undefined;
    try {
      packed = this.#pack(member, args, hasStream);
      this.#invoke('open', id, target, member, args, packed);
    } catch (error) {
      return failedStream(error);
    }
    const outgoing = packed && this.#openOutgoing(packed);
    let hasBegun = false;
    const begin = () => {
      if (hasBegun) return;
      hasBegun = true;
      this.#begin();
      outgoing?.watch((signal) => {
        if (signal !== packed?.cancel) return;
        // A live provider says itself how it ends: most with the reason, some with a last event.
        reader.limitPatience(abortGraceMs, () => {
          outgoing?.close(signal.reason);
          this.#send({ type: 'leave', id });
          reader.fail(signal.reason, { isSudden: true });
        });
      });
    };
    const reader = new StreamReader({
      ahead: 0,
      request: (count) => {
        begin();
        this.#send({ type: 'credit', id, count });
      },
      leave: () => this.#send({ type: 'leave', id }),
      onOver: () => {
        this.#readers.delete(id);
        outgoing?.close();
        if (hasBegun) this.#finish();
      },
      leaveTimeoutMs,
    });
    this.#readers.set(id, { reader, ...(outgoing && { outgoing }) });
    return leftWhenForgotten(reader);
  }

  notify(target: string, member: string, args: readonly unknown[]): void {
    let packed: PackedArgs | undefined;
    let data = args;
    try {
      packed = packArgs(args, false, this.#nextId);
      data = packed?.args ?? args;
    } catch {
      // What cannot even be looked at, such as a getter that throws, must not fail who only tells something.
      data = args.map(cloneableParts);
    }
    const known = packed?.special.filter(({ is }) => is === 'error');
    this.#sendOneWay((safely) => ({
      type: 'notify',
      target,
      member,
      args: safely ? data.map(cloneableParts) : data,
      ...(known && { special: known }),
    }));
  }

  receive(message: WireMessage): void {
    switch (message.type) {
      case 'call':
        this.#serveCall(message);
        break;
      case 'open':
        this.#serveStream(message);
        break;
      case 'notify':
        this.#serveNotify(message);
        break;
      case 'result': {
        const call = this.#calls.get(message.id);
        this.#endCall(message.id);
        call?.resolve(message.value);
        break;
      }
      case 'failure':
        this.#fail(message);
        break;
      case 'credit':
        this.#sources.get(message.id)?.credit(message.count);
        break;
      case 'item':
        this.#readers.get(message.id)?.reader.push(message.value);
        break;
      case 'end':
        this.#readers.get(message.id)?.reader.end();
        break;
      case 'leave':
        void this.#sources.get(message.id)?.leave();
        break;
      case 'abort':
        this.#signals.get(message.id)?.abort(unpackError(message.reason));
        break;
      case 'callback':
        this.#runCallback(message.id, message.args);
        break;
      default:
        message satisfies never;
    }
  }

  /** Ends everything that is under way, on both sides of it, with this error. */
  close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = { error };
    for (const [id, { reject }] of [...this.#calls]) {
      this.#endCall(id);
      reject(error);
    }
    for (const { reader } of [...this.#readers.values()]) reader.fail(error, { isSudden: true });
    for (const controller of this.#signals.values()) controller.abort(error);
    for (const source of this.#sources.values()) source.close();
    for (const incoming of [...this.#incoming.values()]) incoming.close();
    this.#sources.clear();
    this.#callbacks.clear();
  }

  readonly #nextId = (): number => {
    this.#lastId += 2;
    return this.#lastId;
  };

  #refusal(): unknown {
    if (this.#closed) return this.#closed.error;
    const { plugin, callLimit } = this.#options;
    if (this.#calls.size + this.#readers.size < callLimit) return undefined;
    return new PlacementError('PLACEMENT_OVERLOADED', { plugin, limit: callLimit });
  }

  #send(message: WireMessage): void {
    if (!this.#closed) this.#options.send(message);
  }

  /** Throws for what cannot even be looked at, such as a getter that throws. */
  #pack(member: string, args: readonly unknown[], hasStream: boolean): PackedArgs | undefined {
    try {
      return packArgs(args, hasStream, this.#nextId);
    } catch (error) {
      throw this.#uncloneable(member, 'An argument', error);
    }
  }

  #invoke(
    type: 'call' | 'open',
    id: number,
    target: string,
    member: string,
    args: readonly unknown[],
    packed: PackedArgs | undefined,
  ): void {
    try {
      if (packed)
        this.#options.send({ type, id, target, member, args: packed.args, special: packed.special });
      else this.#options.send({ type, id, target, member, args });
    } catch (error) {
      throw this.#uncloneable(member, 'An argument', error);
    }
  }

  #uncloneable(member: string, what: string, cause: unknown): Error {
    const finding = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
    const { plugin } = this.#options;
    return new PlacementError('PLACEMENT_VALUE_UNCLONEABLE', { plugin, member, what, finding }, { cause });
  }

  /** Sends what nobody waits for, unless too much of it is waiting already. */
  #sendOneWay(message: (safely: boolean) => WireMessage): void {
    if (this.#closed) return;
    if (this.#unsent >= notifyLimit) {
      this.#dropped++;
      return;
    }
    this.#unsent++;
    try {
      this.#options.send(message(false), this.#onSent);
    } catch {
      this.#options.send(message(true), this.#onSent);
    }
  }

  readonly #onSent = (): void => {
    this.#unsent--;
    if (this.#unsent > 0 || this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#options.onDropped(dropped);
  };

  #begin(): void {
    if (this.#busy++ === 0) this.#options.onBusy?.(true);
  }

  #finish(): void {
    if (--this.#busy === 0) this.#options.onBusy?.(false);
  }

  /** Makes what a call of this side lends to the other one. */
  #openOutgoing(packed: PackedArgs): Outgoing {
    const { callbacks, streams } = packed;
    const outgoing = new Outgoing(packed, {
      abort: (id, reason) => this.#send({ type: 'abort', id, reason: packError(reason) }),
      close: (reason) => {
        for (const id of callbacks.keys()) this.#callbacks.delete(id);
        for (const id of streams.keys()) {
          this.#sources.get(id)?.close();
          this.#sources.delete(id);
          if (reason) this.#send({ type: 'failure', id, error: packError(reason.error) });
        }
      },
    });
    for (const [id, callback] of callbacks) this.#callbacks.set(id, callback);
    for (const [id, iterable] of streams) {
      const onFailure = (error: unknown) => {
        outgoing.failures.set(id, error);
        this.#send({ type: 'failure', id, error: packError(error) });
      };
      const options = { member: 'a stream argument', onFailure };
      this.#sources.set(id, this.#openSource(id, iterable, options));
    }
    return outgoing;
  }

  #openSource(
    id: number,
    iterable: AsyncIterable<unknown>,
    on: {
      readonly member: string;
      onEnd?(): void;
      onFailure(error: unknown): void;
    },
  ): StreamSource {
    return new StreamSource({
      iterable,
      item: (value) => {
        try {
          this.#send({ type: 'item', id, value });
        } catch (error) {
          throw this.#uncloneable(on.member, 'An item', error);
        }
      },
      end: () => {
        this.#sources.delete(id);
        on.onEnd?.();
        this.#send({ type: 'end', id });
      },
      failure: (error) => {
        this.#sources.delete(id);
        on.onFailure(error);
      },
    });
  }

  #endCall(id: number, abortedBy?: unknown): void {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    call.outgoing?.close(abortedBy);
    this.#finish();
  }

  #fail({ id, error: wire, origin }: Extract<WireMessage, { type: 'failure' }>): void {
    const call = this.#calls.get(id);
    const stream = this.#readers.get(id);
    const original = origin === undefined ? undefined : (call ?? stream)?.outgoing?.original(origin);
    const error = original ? original.error : unpackError(wire);
    stream?.incoming?.origins.set(error, id);
    this.#endCall(id);
    call?.reject(error);
    stream?.reader.fail(error);
  }

  #lookUp(target: string, member: string, shapes: readonly MethodShape[]) {
    const { provider, methods } = this.#options.serve(target);
    const shape = Object.hasOwn(methods, member) ? methods[member] : undefined;
    const method = (provider as Record<string, unknown>)[member];
    if (shape === undefined || !shapes.includes(shape) || typeof method !== 'function') {
      const { plugin } = this.#options;
      throw new PlacementError('PLACEMENT_MEMBER_UNKNOWN', { plugin, target, member });
    }
    return (args: readonly unknown[]): unknown => method.apply(provider, args);
  }

  /** What a call has lent to this side, and its arguments as the caller gave them. */
  #openIncoming(id: number, { args, special }: { args: readonly unknown[]; special?: readonly Special[] }) {
    if (!special) return { incoming: undefined, whole: args };
    const incoming = new Incoming((ids) => {
      this.#incoming.delete(id);
      for (const signal of ids) this.#signals.delete(signal);
    });
    this.#incoming.set(id, incoming);
    const whole = unpackArgs(args, special, (entry) => {
      switch (entry.is) {
        case 'signal': {
          const controller = new AbortController();
          if (entry.reason) controller.abort(unpackError(entry.reason));
          this.#signals.set(entry.id, controller);
          incoming.signals.set(entry.id, controller.signal);
          return controller.signal;
        }
        case 'callback':
          return (...values: unknown[]) => {
            if (incoming.isOver) return;
            this.#sendOneWay((safely) => ({
              type: 'callback',
              id: entry.id,
              args: safely ? values.map(cloneableParts) : values,
            }));
          };
        case 'stream': {
          const reader = this.#openReader(entry.id, incoming);
          incoming.readers.push(reader);
          return reader;
        }
        default:
          return entry satisfies never;
      }
    });
    return { incoming, whole };
  }

  /** The reading end of a stream that came as an argument. */
  #openReader(id: number, incoming: Incoming): StreamReader {
    const reader = new StreamReader({
      ahead: argumentWindow,
      request: (count) => this.#send({ type: 'credit', id, count }),
      leave: () => this.#send({ type: 'leave', id }),
      onOver: () => this.#readers.delete(id),
      leaveTimeoutMs,
    });
    this.#readers.set(id, { reader, incoming });
    return reader;
  }

  #serveCall(message: Extract<WireMessage, { type: 'call' }>): void {
    const { id, target, member } = message;
    const { incoming, whole } = this.#openIncoming(id, message);
    const fail = (error: unknown) => {
      incoming?.close();
      this.#sendFailure(id, error, incoming);
    };
    const succeed = (value: unknown) => {
      incoming?.close();
      try {
        this.#send({ type: 'result', id, value });
      } catch (error) {
        fail(this.#uncloneable(member, 'The result', error));
      }
    };
    try {
      const result = this.#lookUp(target, member, ['unary', 'stream-in'])(whole);
      Promise.resolve(result).then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  }

  #serveStream(message: Extract<WireMessage, { type: 'open' }>): void {
    const { id, target, member } = message;
    const { incoming, whole } = this.#openIncoming(id, message);
    const onFailure = (error: unknown) => {
      incoming?.close();
      this.#sendFailure(id, error, incoming);
    };
    try {
      const call = this.#lookUp(target, member, ['stream-out', 'duplex']);
      const iterable = call(whole) as AsyncIterable<unknown>;
      const on = { member, onEnd: () => incoming?.close(), onFailure };
      this.#sources.set(id, this.#openSource(id, iterable, on));
    } catch (error) {
      onFailure(error);
    }
  }

  #serveNotify({ target, member, args, special }: Extract<WireMessage, { type: 'notify' }>): void {
    try {
      this.#lookUp(target, member, ['notify'])(special ? unpackArgs(args, special, () => undefined) : args);
    } catch {
      // Nobody waits for it, and the provider is the one to say what went wrong with it.
    }
  }

  #sendFailure(id: number, error: unknown, incoming: Incoming | undefined): void {
    const origin = incoming?.originOf(error);
    this.#send({ type: 'failure', id, error: packError(error), ...(origin !== undefined && { origin }) });
  }

  #runCallback(id: number, args: readonly unknown[]): void {
    try {
      Promise.resolve(this.#callbacks.get(id)?.(...args)).catch(() => undefined);
    } catch {
      // A callback must not throw; where it does, its own call goes on.
    }
  }
}
