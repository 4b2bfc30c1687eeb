import path from 'node:path';
import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import { type ChildController, childController, openDeadline, raceSignal } from '@tiercel/kernel';
import type { CommandRunner } from './command-runner.js';
import { descriptorOf } from './descriptors.js';
import { SshError } from './errors.js';
import { getFile, putFile } from './file-transfer.js';
import { LocalFolder } from './local-folder.js';
import { RemoteFiles } from './remote-files.js';
import type { CommandToolSettings, HostSettings, ToolSettings, TransferToolSettings } from './settings.js';
import type { SshHost } from './ssh-host.js';

const CLOSE_TIMEOUT_MS = 3_000;

/** A host with what works on it. */
export interface Workplace {
  readonly host: SshHost;
  readonly runner: CommandRunner;
}

/** The operator's commands and transfers as tools. */
export class SshToolProvider implements ToolProvider, AsyncDisposable {
  readonly #tools: ReadonlyMap<string, ToolSettings>;
  readonly #descriptors: readonly ToolDescriptor[];
  readonly #workplaces: ReadonlyMap<string, Workplace>;
  readonly #calls = new Set<ChildController>();
  /** Transfers that may still be cleaning up behind a call that is over. */
  readonly #transfers = new Set<Promise<unknown>>();

  constructor(tools: readonly ToolSettings[], workplaces: ReadonlyMap<string, Workplace>) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#descriptors = tools.map(descriptorOf);
    this.#workplaces = workplaces;
  }

  /** How busy each host is. */
  get facts(): Readonly<Record<string, unknown>> {
    return { hosts: Object.fromEntries([...this.#workplaces].map(([name, { host }]) => [name, host.load])) };
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
    const tool = this.#tools.get(name);
    if (!tool) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    const { timeoutMs } = tool.limits;
    using call = childController(options.signal);
    using deadline = openDeadline(
      call.signal,
      timeoutMs,
      () => new ToolError('TOOL_TIMEOUT', { tool: name, timeoutMs }),
    );
    this.#calls.add(call);
    try {
      const host = chooseHost(tool, args);
      const content =
        tool.kind === 'command'
          ? await this.#run(tool, host, args, deadline.signal)
          : await this.#transfer(tool, host, args, deadline.signal);
      return { content: { host: host.name, ...content } };
    } finally {
      this.#calls.delete(call);
    }
  }

  /**
   * Gives up all calls, waits until nothing is left of them on the hosts, and closes all connections. A host that does not answer
   * within three seconds is left as it is.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const workplaces = [...this.#workplaces.values()];
    for (const { runner } of workplaces) runner.hurry();
    for (const call of this.#calls) call.abort(new SshError('SSH_CLOSED', {}));
    using deadline = openDeadline(undefined, CLOSE_TIMEOUT_MS, () => undefined);
    await raceSignal(this.#settled(), deadline.signal).catch(() => undefined);
    await Promise.all(workplaces.map(({ host }) => host.close()));
    // Without connections, what is left fails at once.
    await this.#settled();
  }

  async #settled(): Promise<void> {
    const commands = [...this.#workplaces.values()].map(({ runner }) => runner.settled());
    await Promise.allSettled([...commands, ...this.#transfers]);
  }

  async #run(
    tool: CommandToolSettings,
    host: HostSettings,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<object> {
    const { host: _, ...own } = args;
    const given = tool.hosts.length > 1 ? own : args;
    const rendering = tool.command.render(given);
    if ('findings' in rendering)
      throw new ToolError('TOOL_ARGUMENTS_INVALID', { tool: tool.name, findings: rendering.findings });
    return this.#workplace(host).runner.run(rendering.words, { signal, ...tool.limits });
  }

  async #transfer(
    tool: TransferToolSettings,
    host: HostSettings,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<object> {
    const [from, to] =
      tool.kind === 'get' ? (['remotePath', 'localPath'] as const) : (['localPath', 'remotePath'] as const);
    const source = textOf(tool, args, from);
    const target = args[to] === undefined ? path.posix.basename(source) : textOf(tool, args, to);
    const [remotePath, localPath] = tool.kind === 'get' ? [source, target] : [target, source];
    const { remoteRoot, maxBytes, overwrites } = tool;
    const localFolder = new LocalFolder(tool.localRoot);
    const copy = tool.kind === 'get' ? getFile : putFile;
    const transfer = this.#workplace(host).host.useSession(
      signal,
      async (connection) => {
        const session = await connection.openFiles();
        return session && new RemoteFiles(session, connection.lost);
      },
      async (files) => {
        try {
          return await copy({
            host: host.name,
            files,
            remoteRoot,
            remotePath,
            localFolder,
            localPath,
            maxBytes,
            overwrites,
            signal,
          });
        } finally {
          await files.end();
        }
      },
    );
    const kept = transfer.finally(() => this.#transfers.delete(kept));
    this.#transfers.add(kept);
    return { bytes: await raceSignal(kept, signal), remotePath, localPath };
  }

  #workplace(host: HostSettings): Workplace {
    const workplace = this.#workplaces.get(host.name);
    if (!workplace) throw new SshError('SSH_CLOSED', {});
    return workplace;
  }
}

function chooseHost(tool: ToolSettings, args: Readonly<Record<string, unknown>>): HostSettings {
  const [only, ...others] = tool.hosts;
  const wanted = others.length === 0 ? only : tool.hosts.find(({ name }) => name === args.host);
  if (wanted) return wanted;
  const findings = [`/host is not one of ${tool.hosts.map(({ name }) => name).join(', ')}`];
  throw new ToolError('TOOL_ARGUMENTS_INVALID', { tool: tool.name, findings });
}

function textOf(
  { name: tool }: TransferToolSettings,
  args: Readonly<Record<string, unknown>>,
  key: string,
): string {
  const value = args[key];
  if (typeof value === 'string') return value;
  throw new ToolError('TOOL_ARGUMENTS_INVALID', { tool, findings: [`/${key} is not a text`] });
}
