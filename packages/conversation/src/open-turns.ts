import type { ApprovalDecision, AssistantEvent } from '@tiercel/capabilities/assistant';

/** Follows the events of a conversation and knows whether somebody has the turn. */
export class OpenTurns {
  readonly #open = new Set<number>();
  readonly #watchers = new Set<() => void>();
  #isSpeaking = false;
  #isUnanswered = false;
  #question: string | undefined;
  readonly #lastAnswer: { id?: string; decision?: ApprovalDecision } = {};
  #started = 0;
  #changes = 0;

  /** Turns that began so far. */
  get started(): number {
    return this.#started;
  }

  /** Whether nobody speaks and no reply is being made. */
  get isIdle(): boolean {
    return !this.#isSpeaking && this.#open.size === 0;
  }

  /** Whether speech was heard that has not become a turn so far. */
  get hasUnansweredSpeech(): boolean {
    return this.#isUnanswered;
  }

  /** Id of the approval that the running turn waits for. */
  get question(): string | undefined {
    return this.#question;
  }

  /** Whether what was said to this approval was its answer, and not a turn of its own. */
  isAnswered(question: string): boolean {
    const { id, decision } = this.#lastAnswer;
    return id === question && (decision === 'allowed' || decision === 'refused');
  }

  /** Grows with everything that begins or ends. */
  get changes(): number {
    return this.#changes;
  }

  observe(event: AssistantEvent): void {
    switch (event.type) {
      case 'speech-start':
        this.#isSpeaking = true;
        this.#isUnanswered = true;
        break;
      case 'speech-end':
        this.#isSpeaking = false;
        break;
      case 'turn-start':
        this.#open.add(event.turn);
        if (event.by === 'audio') this.#isUnanswered = false;
        this.#started++;
        break;
      case 'turn-end':
        this.#open.delete(event.turn);
        break;
      case 'approval':
        this.#question = event.id;
        break;
      case 'approval-end':
        this.#question = undefined;
        Object.assign(this.#lastAnswer, { id: event.id, decision: event.decision });
        if (this.isAnswered(event.id)) this.#isUnanswered = false;
        break;
      default:
        return;
    }
    this.#changes++;
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }

  /** Settles at the next change; rejects with the signal's reason. */
  whenChanged(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = () => {
        this.#watchers.delete(wake);
        reject(signal.reason);
      };
      this.#watchers.add(wake);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}
