import type { Log } from '@tiercel/capabilities/log';
import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import { raceSignal } from '@tiercel/kernel';
import { type Delay, realDelay, withDeadline } from './deadline.js';
import type { RegisteredTool } from './registered-tool.js';
import { pipeline, runPipeline } from './steps.js';
import { indexTools, type ListedSource, type ToolSource } from './tool-index.js';

const LIST_TIMEOUT_MS = 10_000;

export interface ToolRegistryOptions {
  /** Told when a provider cannot list its tools. */
  readonly log?: Pick<Log, 'warn'>;
  /** Waits; tests pass the one of their clock. */
  readonly delay?: Delay;
}

/** The one door to all tools of a node: every caller, local or remote, meets the same rules in the same order. */
export interface ToolRegistry {
  /**
   * All tools on offer right now. Throws `TOOL_NAME_DUPLICATE` or `TOOL_DESCRIPTOR_INVALID`. A provider that cannot
   * list its tools is taken at its last word; before its first it offers nothing.
   */
  list(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly ToolDescriptor[]>;
  /**
   * Looks the tool up, applies its policy, checks the arguments, waits for a free place, runs it within its time and
   * cleans what it returns. Throws errors of the `TOOL_*` catalogue, the reason of an aborted `signal`, or what the
   * tool threw from another catalogue.
   */
  call(name: string, args: Readonly<Record<string, unknown>>, options?: ToolCallOptions): Promise<ToolResult>;
}

/** Makes the registry of these providers, in this order. Nothing is listed or called yet. */
export function createToolRegistry(
  providers: readonly (ToolProvider | { readonly plugin?: string; readonly provider: ToolProvider })[],
  options: ToolRegistryOptions = {},
): ToolRegistry {
  const sources = providers.map((entry, index) => {
    const plugin = `provider ${index + 1}`;
    return 'provider' in entry ? { plugin, ...entry } : { plugin, provider: entry };
  });
  return new SourcesToolRegistry(sources, options);
}

class SourcesToolRegistry implements ToolRegistry {
  readonly #sources: readonly ToolSource[];
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #delay: Delay;
  readonly #lastLists = new Map<ToolSource, readonly ToolDescriptor[]>();
  #index: ReadonlyMap<string, RegisteredTool> | undefined;
  #refreshing: Promise<ReadonlyMap<string, RegisteredTool>> | undefined;

  constructor(sources: readonly ToolSource[], { log, delay = realDelay }: ToolRegistryOptions) {
    this.#sources = sources;
    this.#log = log;
    this.#delay = delay;
  }

  async list(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<readonly ToolDescriptor[]> {
    const index = await this.#refreshed(options.signal);
    return [...index.values()].map(({ descriptor }) => descriptor);
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const tool = this.#index?.get(name) ?? (await this.#refreshed(options.signal)).get(name);
    if (!tool) throw new ToolError('TOOL_UNKNOWN', { tool: printable(name) });
    return runPipeline(pipeline, { tool, args, options, delay: this.#delay });
  }

  async #refreshed(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, RegisteredTool>> {
    return signal ? raceSignal(this.#refresh(), signal) : this.#refresh();
  }

  /** Callers that come while a refresh runs share it. */
  #refresh(): Promise<ReadonlyMap<string, RegisteredTool>> {
    this.#refreshing ??= this.#listAll().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #listAll(): Promise<ReadonlyMap<string, RegisteredTool>> {
    const listed = await Promise.all(this.#sources.map((source) => this.#listOne(source)));
    this.#index = indexTools(listed, this.#index ?? new Map());
    return this.#index;
  }

  async #listOne(source: ToolSource): Promise<ListedSource> {
    try {
      const tools = await withDeadline(
        {
          delay: this.#delay,
          timeoutMs: LIST_TIMEOUT_MS,
          onTimeout: () => new ToolError('TOOL_TIMEOUT', { tool: 'list', timeoutMs: LIST_TIMEOUT_MS }),
        },
        () => source.provider.list(),
      );
      this.#lastLists.set(source, tools);
      return { ...source, tools };
    } catch (error) {
      this.#log?.warn('tools cannot be listed', { from: source.plugin, error });
      return { ...source, tools: this.#lastLists.get(source) ?? [] };
    }
  }
}

/** Names may come from a model or another machine. */
function printable(name: unknown): string {
  return String(name)
    .slice(0, 64)
    .replace(/[^\w.-]/g, '?');
}
