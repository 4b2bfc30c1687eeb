import type { Log } from '@tiercel/capabilities/log';
import type { ListedTool, ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { PhrasesError } from './errors.js';
import { createPhraseBook, type PhraseBook } from './phrase-book.js';

/** The registry gives up on a provider after 10 s, and then lists the others. */
const LIST_TIMEOUT_MS = 12_000;

/** Keeps the phrase book in step with the tools on offer. */
export class PhraseSource implements AsyncDisposable {
  readonly #registry: Pick<ToolRegistry, 'list'>;
  readonly #log: Pick<Log, 'warn'>;
  #tools: readonly ListedTool[] = [];
  #book: PhraseBook = { grammars: new Map(), findings: [] };
  #fingerprint = '';
  #refreshing: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(registry: Pick<ToolRegistry, 'list'>, log: Pick<Log, 'warn'>) {
    this.#registry = registry;
    this.#log = log;
  }

  /**
   * Lists all tools for the first time. Throws `PHRASES_TEMPLATES_INVALID` with everything that is wrong with the tools of
   * this node; those of other machines are only logged, as nobody here can mend them.
   */
  async open(): Promise<void> {
    await this.refresh();
    if (this.#book.findings.length === 0) return;
    const { findings } = createPhraseBook(this.#tools.filter(({ server }) => server === undefined));
    if (findings.length > 0) throw new PhrasesError('PHRASES_TEMPLATES_INVALID', { findings });
  }

  /** The book as it is; asks in the background whether the tools have changed. Never waits, never fails. */
  currentBook(): PhraseBook {
    if (!this.#closing.signal.aborted) void this.refresh();
    return this.#book;
  }

  /** Settles when the book fits the tools of now. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#refreshing;
  }

  async #read(): Promise<void> {
    const listed = await this.#list();
    if (!listed) return;
    this.#tools = listed.filter(({ phrases }) => phrases !== undefined);
    const fingerprint = JSON.stringify(
      this.#tools.map(({ name, parameters, phrases, slots }) => [name, parameters, phrases, slots]),
    );
    if (fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint;
    this.#book = createPhraseBook(this.#tools);
    if (this.#book.findings.length > 0) {
      this.#log.warn('some phrases cannot be used', { findings: this.#book.findings });
    }
  }

  /** `undefined` when they cannot be listed: then those of before stay. */
  async #list(): Promise<readonly ListedTool[] | undefined> {
    using deadline = openDeadline(this.#closing.signal, LIST_TIMEOUT_MS, () => undefined);
    try {
      return await raceSignal(this.#registry.list({ signal: deadline.signal }), deadline.signal);
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      if (deadline.signal.aborted) {
        this.#log.warn('tools are not listed in time', { waitedMs: LIST_TIMEOUT_MS });
      } else {
        this.#log.warn('tools cannot be listed', { error });
      }
      return undefined;
    }
  }
}
