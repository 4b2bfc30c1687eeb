import type { ToolEffect, ToolPolicy } from '@tiercel/capabilities/tool-provider';

/** What the owner of the node says about one tool; it wins over what the server says. */
export interface ToolSettings {
  readonly policy: ToolPolicy | undefined;
  readonly effect: ToolEffect | undefined;
  readonly weight: 'light' | 'heavy' | undefined;
  readonly idempotent: boolean | undefined;
  readonly timeoutMs: number | undefined;
  readonly outputBytes: number | undefined;
  readonly concurrency: number | undefined;
}

export interface ServerSettings {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** Beside what every server gets: where programs and the home folder are. */
  readonly env: Readonly<Record<string, string>>;
  /** Put before the name of each tool. */
  readonly prefix: string;
  /** The same names, `*` stands for any characters. Default: all. */
  readonly allow: readonly string[];
  /** Wins over `allow`. */
  readonly deny: readonly string[];
  /** By the name that the server uses, or by ours without the prefix. */
  readonly tools: ReadonlyMap<string, ToolSettings>;
  /** Of one call, unless its tool says otherwise. */
  readonly timeoutMs: number;
  readonly startTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly maxCalls: number;
}
