import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Endpoint } from '@tiercel/capabilities/discovery';
import type { Log } from '@tiercel/capabilities/log';

export interface LastGoodListsOptions {
  readonly directory: string;
  /** Whose lists these are: those of another Consul are not read. */
  readonly origin: string;
  readonly log: Pick<Log, 'warn'>;
}

const MAX_BYTES = 1024 * 1024;

/**
 * The last list of each service, one file each. A file is replaced whole or not at all. While one list is being written,
 * only the latest of those that follow waits. What cannot be written is told once and does no harm.
 */
export class LastGoodLists implements AsyncDisposable {
  readonly #options: LastGoodListsOptions;
  readonly #waiting = new Map<string, readonly Endpoint[]>();
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: LastGoodListsOptions) {
    this.#options = options;
  }

  async read(service: string): Promise<readonly Endpoint[] | undefined> {
    const file = this.#fileOf(service);
    try {
      if ((await stat(file)).size > MAX_BYTES) return undefined;
      return endpointsIn(JSON.parse(await readFile(file, 'utf8')), this.#options.origin);
    } catch {
      // There is none, or nobody could use it: the next one replaces it.
      return undefined;
    }
  }

  keep(service: string, endpoints: readonly Endpoint[]): void {
    this.#waiting.set(service, endpoints);
    this.#writing ??= this.#write();
  }

  /** Settles when everything is written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      for (let next = firstOf(this.#waiting); next; next = firstOf(this.#waiting)) {
        const [service, endpoints] = next;
        this.#waiting.delete(service);
        await this.#replace(
          this.#fileOf(service),
          JSON.stringify({ schema: 1, origin: this.#options.origin, endpoints }),
        );
        this.#hasFailed = false;
      }
    } catch (error) {
      this.#waiting.clear();
      if (!this.#hasFailed) this.#options.log.warn('the last good lists cannot be written', { error });
      this.#hasFailed = true;
    } finally {
      this.#writing = undefined;
    }
  }

  async #replace(file: string, text: string): Promise<void> {
    const passing = `${file}.${process.pid}.passing`;
    await mkdir(this.#options.directory, { recursive: true });
    try {
      await using handle = await open(passing, 'w', 0o600);
      await handle.writeFile(text);
      await handle.sync();
    } catch (error) {
      await rm(passing, { force: true });
      throw error;
    }
    await rename(passing, file);
  }

  #fileOf(service: string): string {
    return path.join(this.#options.directory, `consul-${service}.json`);
  }
}

function firstOf<K, V>(map: ReadonlyMap<K, V>): readonly [K, V] | undefined {
  const { done, value } = map.entries().next();
  return done ? undefined : value;
}

function endpointsIn(file: unknown, origin: string): readonly Endpoint[] | undefined {
  const { schema, origin: from, endpoints } = Object(file) as Readonly<Record<string, unknown>>;
  if (schema !== 1 || from !== origin || !Array.isArray(endpoints)) return undefined;
  const usable = endpoints.every(({ url, id = '', weight = 1, tags = [] }) => {
    const isAddress = typeof url === 'string' && /^https?:/.test(url) && URL.canParse(url);
    return isAddress && typeof id === 'string' && typeof weight === 'number' && Array.isArray(tags);
  });
  return usable ? (endpoints as readonly Endpoint[]) : undefined;
}
