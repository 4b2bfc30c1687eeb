import type { Log } from '@tiercel/capabilities/log';
import type { ToolDescriptor, ToolProvider } from '@tiercel/capabilities/tool-provider';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { PhrasesError } from './errors.js';
import { createPhraseBook, type PhraseBook } from './phrase-book.js';

const LIST_TIMEOUT_MS = 5_000;

/** Keeps the phrase book in step with the tools on offer. */
export class PhraseSource implements AsyncDisposable {
  readonly #providers: readonly ToolProvider[];
  readonly #log: Pick<Log, 'warn'>;
  readonly #lastLists = new Map<ToolProvider, readonly ToolDescriptor[]>();
  #book: PhraseBook = { grammars: new Map(), findings: [] };
  #fingerprint = '';
  #refreshing: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(providers: readonly ToolProvider[], log: Pick<Log, 'warn'>) {
    this.#providers = providers;
    this.#log = log;
  }

  /** Lists all tools for the first time. Throws `PHRASES_TEMPLATES_INVALID` with everything that is wrong. */
  async open(): Promise<void> {
    await this.refresh();
    if (this.#book.findings.length > 0) {
      throw new PhrasesError('PHRASES_TEMPLATES_INVALID', { findings: this.#book.findings });
    }
  }

  /** The book as it is; asks in the background whether the tools have changed. Never waits, never fails. */
  currentBook(): PhraseBook {
    if (!this.#closing.signal.aborted) void this.refresh();
    return this.#book;
  }

  /** Settles when the book fits the tools of now. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readAll().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#refreshing;
  }

  async #readAll(): Promise<void> {
    const lists = await Promise.all(this.#providers.map((provider) => this.#readList(provider)));
    const tools = lists.flat().filter(({ phrases }) => phrases !== undefined);
    const fingerprint = JSON.stringify(
      tools.map(({ name, parameters, phrases, slots }) => [name, parameters, phrases, slots]),
    );
    if (fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint;
    this.#book = createPhraseBook(tools);
    if (this.#book.findings.length > 0) {
      this.#log.warn('some phrases cannot be used', { findings: this.#book.findings });
    }
  }

  async #readList(provider: ToolProvider): Promise<readonly ToolDescriptor[]> {
    using deadline = openDeadline(this.#closing.signal, LIST_TIMEOUT_MS, () => undefined);
    try {
      this.#lastLists.set(provider, await raceSignal(provider.list(), deadline.signal));
    } catch (error) {
      if (!deadline.signal.aborted) this.#log.warn('tools cannot be listed', { error });
      else if (!this.#closing.signal.aborted)
        this.#log.warn('tools are not listed in time', { waitedMs: LIST_TIMEOUT_MS });
    }
    return this.#lastLists.get(provider) ?? [];
  }
}
