import { defineCapability } from '@tiercel/kernel';

/** JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a call may change: nothing, something that can be put back, or something that cannot. */
export type ToolEffect = 'read' | 'write' | 'destructive';

export type ToolPolicy = 'allow' | 'ask' | 'deny';

export interface ToolLimits {
  /** Longest run of one call. */
  readonly timeoutMs: number;
  /** Largest result, as UTF-8. */
  readonly outputBytes: number;
  /** Calls at once; more wait. */
  readonly concurrency: number;
}

/** Spoken commands for a tool, in one language. */
export interface ToolPhrases {
  /**
   * Sentence templates; one must match the whole sentence. Case, punctuation, articles and politeness do not count.
   * - `(a|b)` one of several; `[a]` or `[a|b]` may be left out
   * - `{argument}` takes words as `slots` or the argument's `enum` say
   * - `{argument:on|off}` takes one of these words, which becomes the argument's value
   * - `{argument:ein=on|aus=off}` takes the words before `=` and gives the argument the value after it
   * - `{argument:=on}` takes no words and gives the argument this value
   *
   * Values become numbers or booleans where the argument's schema says so. A template names each argument at most once
   * per way through it, and every required one.
   */
  readonly templates: readonly string[];
  /**
   * Said after success when the result has no `spoken`. `{argument}` becomes the words to say for it: a device's name,
   * a number in digits, otherwise the words that were heard.
   */
  readonly answer?: string;
}

/** Where the words of an argument come from when its schema has no `enum`. */
export type SlotSource =
  /** Names and aliases of the devices in the world model; the argument becomes the device's id. */
  | 'device'
  | 'number'
  /** A span of time in seconds ("five minutes"). */
  | 'duration'
  /** Arithmetic with at least one operation; the argument becomes an expression ("three plus 4" gives `3 + 4`). */
  | 'expression'
  /** Any words, as said. */
  | 'text';

export interface ToolDescriptor {
  /** `[a-z][a-z0-9_]{0,63}`, unique on a node. */
  readonly name: string;
  readonly description: string;
  /** Schema of the arguments: an object with `additionalProperties: false`, strings with length bounds. */
  readonly parameters: JsonSchema;
  readonly effect: ToolEffect;
  /** `heavy` tools belong on a core node. */
  readonly weight: 'light' | 'heavy';
  /** Whether a repeated call changes nothing more. Default: whether `effect` is `read`. */
  readonly idempotent?: boolean;
  /** Set by the owner of the node. Default: `read` is allowed, everything else asks. */
  readonly policy?: ToolPolicy;
  /** Default 30,000 ms, 65,536 bytes, 4 at once. */
  readonly limits?: Partial<ToolLimits>;
  /** By language (BCP 47 primary subtag). */
  readonly phrases?: Readonly<Record<string, ToolPhrases>>;
  /** How `{argument}` of a template is read; default: the `enum` of its schema. */
  readonly slots?: Readonly<Record<string, SlotSource>>;
  /** How clients of the older system name it in `POST /run_tool/`. Without it they cannot call it. */
  readonly legacy?: { readonly tool: string; readonly method: string };
  /** Set where the tool runs on another machine: which. Of two tools of one name, the registry then picks one by its mode. */
  readonly server?: string;
  /** Always runs on the node that was asked, whatever the mode: what it tells or does belongs there. Default `false`. */
  readonly isLocalOnly?: boolean;
}

export interface ToolResult {
  /** Any JSON value, for programs and for the model. Untrusted data. */
  readonly content: unknown;
  /** A sentence to say as it is, in the language of the call. */
  readonly spoken?: string;
}

export interface ToolCallOptions {
  /** Language that `spoken` should have. Default `en`. */
  readonly language?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with parts of the result while the tool works. Must not throw. */
  readonly progress?: ((part: unknown) => void) | undefined;
  /** A call with the same key is done once: a repeated one gets the result of the first. 1 to 128 printable characters. */
  readonly idempotencyKey?: string | undefined;
  /** How many nodes the call has passed. Default 0. */
  readonly hops?: number | undefined;
  /** W3C Trace Context header of the request that this call belongs to. */
  readonly traceparent?: string | undefined;
}

/** A set of tools. Many per node; one call never affects another. */
export interface ToolProvider {
  /** The tools on offer right now. */
  list(): Promise<readonly ToolDescriptor[]>;
  /**
   * Runs one tool. `args` has been checked against `parameters` by the registry.
   * Throws `TOOL_UNKNOWN` for a name that is not in `list()`, `TOOL_FAILED` with a text that may be told to the model.
   */
  call(name: string, args: Readonly<Record<string, unknown>>, options?: ToolCallOptions): Promise<ToolResult>;
}

export const ToolProvider = defineCapability<ToolProvider>()({
  id: 'tool-provider',
  version: '1.0.0',
  methods: { list: 'unary', call: 'unary' },
});
