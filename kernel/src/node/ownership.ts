import { openDeadline, raceSignal } from '../deadline.js';
import { KernelError } from '../errors.js';
import type { Releasable } from '../plugin/plugin.js';

/** What one plugin opened. Released last-in first-out, each exactly once, whatever the others do. */
export class Ownership {
  readonly #resources: Releasable[] = [];
  readonly #known = new WeakSet<Releasable>();
  #isClosed = false;
  readonly #onLateFailure: (error: unknown) => void;

  /** @param onLateFailure told of a failed release of something that was handed in after `release()` */
  constructor(onLateFailure: (error: unknown) => void) {
    this.#onLateFailure = onLateFailure;
  }

  /** Takes ownership, once however often it is told. After `release()` the resource is given back at once, so that a late setup leaks nothing. */
  own<T extends Releasable>(resource: T): T {
    if (this.#known.has(resource)) return resource;
    this.#known.add(resource);
    if (this.#isClosed) void releaseOne(resource).catch(this.#onLateFailure);
    else this.#resources.push(resource);
    return resource;
  }

  /** Gives everything back, waiting at most `timeoutMs` in all; returns what went wrong. */
  async release(timeoutMs: number): Promise<readonly unknown[]> {
    this.#isClosed = true;
    const errors: unknown[] = [];
    using deadline = openDeadline(undefined, timeoutMs, () => {
      return new KernelError('KERNEL_RELEASE_TIMEOUT', { waitedMs: timeoutMs });
    });
    for (let resource = this.#resources.pop(); resource !== undefined; resource = this.#resources.pop()) {
      try {
        await raceSignal(releaseOne(resource), deadline.signal);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}

async function releaseOne(resource: Releasable): Promise<void> {
  if (typeof resource === 'function') await resource();
  else if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
  else resource[Symbol.dispose]();
}
