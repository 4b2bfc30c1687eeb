import type { Log } from '@tiercel/capabilities/log';
import type { ModelProvider } from './model-providers.js';
import type { Stages } from './stages.js';

const ASK_TIMEOUT_MS = 1_000;

export interface DegradationOptions {
  /** The providers of the language model, the preferred one first. */
  readonly providers: () => Promise<readonly ModelProvider[]>;
  readonly log: Log;
}

/**
 * Whether the preferred model answers. A circuit is without failures exactly while the last call of its provider went well,
 * so at the first piece of an answer it is known whose it is. All conversations of an assistant share it: somebody is told
 * once per loss, not everybody who asks something.
 */
export class Degradation {
  readonly #options: DegradationOptions;
  #isTold = false;

  constructor(options: DegradationOptions) {
    this.#options = options;
  }

  /** At the first piece of an answer: whether the person is to be told of a loss. Once per loss. */
  async isNews(stages: Stages, signal: AbortSignal): Promise<boolean> {
    const [preferred, ...others] = await this.#providers(stages, signal);
    const isLost = preferred !== undefined && !preferred.isWell && others.length > 0;
    const isNews = isLost && !this.#isTold;
    this.#isTold = isLost;
    return isNews;
  }

  /** Whether somebody else can be asked when an answer breaks off. */
  async hasOthers(stages: Stages, signal: AbortSignal): Promise<boolean> {
    return (await this.#providers(stages, signal)).length > 1;
  }

  async #providers(stages: Stages, signal: AbortSignal): Promise<readonly ModelProvider[]> {
    const { providers, log } = this.#options;
    try {
      return await stages.run({ stage: 'state of the model', signal, timeoutMs: ASK_TIMEOUT_MS }, providers);
    } catch (error) {
      signal.throwIfAborted();
      log.warn('state of the language model is not known', { error });
      return [];
    }
  }
}
