/** How the conversation loop behaves: the plugin's configuration in the words of the loop. */
export interface Settings {
  readonly systemPrompt: string;
  readonly language: string;
  readonly maxHistoryTurns: number;
  readonly maxReplyTokens: number;
  readonly temperature: number;
  /** Whether it says so when another model than the preferred one answers. */
  readonly tellsDegradation: boolean;
  /** Longest pause inside a turn, counted from the detected end of speech. */
  readonly maxPauseMs: number;
  /** Pause that ends a turn before anything is known about the speaker. */
  readonly firstPauseMs: number;
  /** Pause that ends a turn whose transcript looks complete. */
  readonly completePauseMs: number;
  readonly maxWaitingTurns: number;
  readonly inputTimeoutMs: number;
  readonly transcribeTimeoutMs: number;
  readonly understandTimeoutMs: number;
  readonly toolTimeoutMs: number;
  readonly modelTimeoutMs: number;
  readonly synthesizeTimeoutMs: number;
  readonly playoutTimeoutMs: number;
}
