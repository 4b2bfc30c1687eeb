import type { Clock } from '@tiercel/capabilities/clock';
import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { describeTools } from './descriptors.js';
import type { Absence, Jail } from './jail.js';
import { listFolder } from './list-folder.js';
import { namePattern } from './name-pattern.js';
import { readText } from './read-text.js';
import { type SearchBounds, searchNames, searchText } from './search.js';

export interface FileToolOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Longest answer of `read_file`. */
  readonly maxReadBytes: number;
  /** A search ends after this time with what it has found. */
  readonly searchMs: number;
}

/** Longest call. Searches end by themselves before, so this is for disks that do not answer. */
const PATIENCE_MS = 5_000;

type Work = (
  jail: Jail,
  args: Readonly<Record<string, unknown>>,
  bounds: SearchBounds,
) => Promise<object | Absence>;

/** Looks at files in folders that the owner of the node named, and changes nothing. */
export class FileToolProvider implements ToolProvider {
  readonly #jails: ReadonlyMap<string, Jail>;
  readonly #options: FileToolOptions;
  readonly #timeoutMs: number;
  readonly #tools: ReadonlyMap<string, Work>;
  readonly #descriptors: readonly ToolDescriptor[];

  constructor(jails: ReadonlyMap<string, Jail>, options: FileToolOptions) {
    this.#jails = jails;
    this.#options = options;
    this.#timeoutMs = options.searchMs + PATIENCE_MS;
    this.#tools = new Map<string, Work>([
      [
        'list_files',
        (jail, args, { signal }) => listFolder(jail, textOf(args.path), textOf(args.after), signal),
      ],
      ['read_file', (jail, args) => this.#read(jail, args)],
      [
        'find_files',
        (jail, args, bounds) => searchNames(jail, textOf(args.path), namePattern(textOf(args.name)), bounds),
      ],
      [
        'search_files',
        (jail, args, bounds) => searchText(jail, textOf(args.path), textOf(args.text), bounds),
      ],
    ]);
    this.#descriptors = describeTools([...jails.keys()], {
      timeoutMs: this.#timeoutMs,
      maxReadBytes: options.maxReadBytes,
    });
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return this.#descriptors;
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const work = this.#tools.get(name);
    if (!work) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    const jail = this.#jailFor(name, args);
    const timeoutMs = this.#timeoutMs;
    using deadline = openDeadline(
      options.signal,
      timeoutMs,
      () => new ToolError('TOOL_TIMEOUT', { tool: name, timeoutMs }),
    );
    const { signal } = deadline;
    const { clock, searchMs } = this.#options;
    const startedMs = clock.nowMs();
    const isLate = () => clock.nowMs() - startedMs > searchMs;
    const content = await raceSignal(work(jail, args, { signal, isLate }), signal);
    if ('finding' in content) throw new ToolError('TOOL_FAILED', { tool: name, finding: content.finding });
    return { content };
  }

  #read(jail: Jail, args: Readonly<Record<string, unknown>>) {
    const offset = typeof args.offset === 'number' ? args.offset : 0;
    return readText(jail, textOf(args.path), { offset, maxBytes: this.#options.maxReadBytes });
  }

  #jailFor(tool: string, args: Readonly<Record<string, unknown>>): Jail {
    const [only] = this.#jails.values();
    const jail = this.#jails.size === 1 ? only : this.#jails.get(textOf(args.root));
    if (jail) return jail;
    const findings = [`root must be one of ${[...this.#jails.keys()].join(', ')}`];
    throw new ToolError('TOOL_ARGUMENTS_INVALID', { tool, findings });
  }
}

/** Arguments were checked against the schema: what is no text is not there. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
