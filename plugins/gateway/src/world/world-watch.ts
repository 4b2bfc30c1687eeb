import type { Clock } from '@tiercel/capabilities/clock';
import type { WorldModel, WorldRecord } from '@tiercel/capabilities/world-model';
import { childController } from '@tiercel/kernel';
import type { Request, Response } from 'express';
import { GatewayError } from '../errors.js';
import { EventStream } from '../http/event-stream.js';
import { contextOf } from '../http/request-context.js';
import { endOfPiece } from './end-of-piece.js';
import { parseWatchPosition, type WatchPosition, writeWatchPosition } from './watch-position.js';
import { WorldQuery } from './world-query.js';

/** Of one event of a snapshot. */
const pieceLimits = { count: 256, characters: 262_144 };

export interface WorldWatchOptions {
  readonly world: WorldModel;
  readonly clock: Clock;
  readonly maxWatches: number;
}

/**
 * The world model as server-sent events. Whoever reads slowly is waited for, and told `reset` where it fell behind by more
 * than the world model remembers; who reads nothing for 30 s is dropped.
 */
export class WorldWatch {
  readonly #options: WorldWatchOptions;
  #running = 0;

  constructor(options: WorldWatchOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  async answer(request: Request, response: Response): Promise<void> {
    const { maxWatches: limit } = this.#options;
    const { prefix, from } = readRequest(request);
    if (this.#running >= limit) throw new GatewayError('GATEWAY_WATCHES_BUSY', { limit });
    this.#running += 1;
    try {
      await this.#stream(prefix, from, request, response);
    } finally {
      this.#running -= 1;
    }
  }

  async #stream(
    prefix: string,
    from: WatchPosition | undefined,
    request: Request,
    response: Response,
  ): Promise<void> {
    const { clock } = this.#options;
    const { signal, draining } = contextOf(request);
    using work = childController(signal);
    const stop = () => work.abort(draining.reason);
    draining.addEventListener('abort', stop, { once: true });
    if (draining.aborted) stop();
    using stream = new EventStream(response, {
      clock,
      signal: work.signal,
      onSlow: (error) => work.abort(error),
    });
    try {
      await this.#follow(stream, prefix, from, work.signal);
    } catch (error) {
      // A client that comes back goes on where it was, so there is nothing to tell it when the headers are out.
      if (!stream.isOpen || !work.signal.aborted) throw error;
    } finally {
      draining.removeEventListener('abort', stop);
      if (stream.isOpen) stream.end();
    }
  }

  /** Ends when the world model closes. */
  async #follow(
    stream: EventStream,
    prefix: string,
    from: WatchPosition | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { world } = this.#options;
    const { epoch } = await world.history(prefix, { after: Number.MAX_SAFE_INTEGER, limit: 1 });
    stream.open();
    let after = from?.revision;
    if (from?.epoch !== undefined && from.epoch !== epoch) {
      await stream.send({ epoch }, { type: 'reset' });
      after = undefined;
    }
    after ??= await this.#sendSnapshot(stream, prefix);
    for (;;) {
      let isReset = false;
      for await (const change of world.watch(prefix, { after, signal })) {
        if (change.type === 'reset') {
          await stream.send({ epoch: change.epoch }, { type: 'reset' });
          isReset = true;
          break;
        }
        await stream.send(change, { type: 'change', id: positionOf(change) });
      }
      if (!isReset) return;
      after = await this.#sendSnapshot(stream, prefix);
    }
  }

  /** In pieces; only the last has an id, so that whoever is cut off in between begins again. */
  async #sendSnapshot(stream: EventStream, prefix: string): Promise<number> {
    const { epoch, revision, entries } = await this.#options.world.snapshot(prefix);
    let start = 0;
    do {
      const end = endOfPiece(entries, start, pieceLimits);
      const isLast = end === entries.length;
      const id = isLast ? { id: writeWatchPosition(epoch, revision) } : {};
      const piece = { epoch, revision, entries: entries.slice(start, end), isLast };
      await stream.send(piece, { type: 'snapshot', ...id });
      start = end;
    } while (start < entries.length);
    return revision;
  }
}

function readRequest(request: Request): {
  readonly prefix: string;
  readonly from: WatchPosition | undefined;
} {
  const query = new WorldQuery(request.query, ['prefix', 'after']);
  const prefix = query.prefix();
  const lastEventId = request.get('Last-Event-ID') ?? '';
  // A browser that reconnects repeats the query that it began with, and knows more since.
  const position = lastEventId === '' ? query.text('after') : lastEventId;
  const from = position === '' ? undefined : parseWatchPosition(position);
  if (position !== '' && !from)
    query.refuse('after or Last-Event-ID is neither a revision nor the id of an event');
  query.check();
  return { prefix, from };
}

function positionOf(record: WorldRecord): string {
  const { epoch, revision } = record.type === 'entry-put' ? record.entry : record;
  return writeWatchPosition(epoch, revision);
}
