import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Assistant } from '@tiercel/capabilities/assistant';
import type { FakeClock } from '@tiercel/capabilities/clock/testing';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import type { FakeLog } from '@tiercel/capabilities/log/testing';
import { Metrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { type Plugin, type PluginEntryData, supply } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import gateway from './index.js';

export interface ServeOptions {
  readonly models?: Readonly<Record<string, LanguageModel>>;
  readonly assistant?: Assistant;
  readonly tools?: ToolRegistry;
  readonly world?: WorldModel;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly plugins?: readonly Plugin[];
  readonly entries?: Readonly<Record<string, PluginEntryData>>;
}

export interface ServedGateway extends AsyncDisposable {
  /** Of the listener with the openai group, else of the first. */
  readonly url: string;
  readonly port: number;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
  readonly listeners: readonly { readonly url: string; readonly groups: readonly string[] }[];
  /** Stops the node; disposing afterwards does nothing more. */
  stop(): Promise<void>;
}

/** A gateway on free ports over what a test gives it. Time stands still unless the test moves it. */
export async function serveGateway(options: ServeOptions = {}): Promise<ServedGateway> {
  const {
    models = {},
    assistant,
    tools,
    world,
    config = {},
    environment = {},
    plugins = [],
    entries = {},
  } = options;
  const metrics = new FakeMetrics();
  // It opens the standard streams when it is first imported, which is no leak of the node.
  if (tools) await import('@modelcontextprotocol/server');
  const test = await bootTest({
    plugins: [
      gateway,
      supply('@test/metrics', Metrics, metrics),
      ...Object.entries(models).map(([name, model]) => supply(`@test/${name}`, LanguageModel, model)),
      ...(assistant ? [supply('@test/talker', Assistant, assistant)] : []),
      ...(tools ? [supply('@test/tools', ToolRegistry, tools)] : []),
      ...(world ? [supply('@test/world', WorldModel, world)] : []),
      ...plugins,
    ],
    config: {
      gateway: {
        port: 0,
        toolPort: 0,
        worldPort: 0,
        requestsPerMinute: 0,
        worldRequestsPerMinute: 0,
        ...config,
      },
    },
    entries,
    environment,
  });
  const facts = test.node.describe().plugins.find(({ plugin }) => plugin === 'gateway')?.facts;
  const listeners = (facts?.['listeners'] ?? []) as ServedGateway['listeners'];
  const url = (listeners.find(({ groups }) => groups.includes('openai')) ?? listeners[0])?.url ?? '';
  return {
    url,
    port: Number(new URL(url).port),
    clock: test.fakes.clock,
    log: test.fakes.log,
    metrics,
    listeners,
    stop: () => test.node.stop(),
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket;
  /** Everything that has arrived so far. */
  readonly text: string;
  send(bytes: string | Buffer): void;
  /** Waits until what has arrived holds `part`. */
  until(part: string | RegExp): Promise<string>;
  /** Waits until the server closes, and returns all that it sent. */
  untilClosed(): Promise<string>;
}

/** A client that sends exactly the bytes that it is told to. */
export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  let text = '';
  let isClosed = false;
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    changed();
  });
  // A reset is a way to be closed.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    changed();
  });
  const wait = (isMet: () => boolean) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (!isMet() && !isClosed) return;
        watchers.delete(look);
        if (isMet()) resolve(text);
        else reject(new Error(`The connection was closed after: ${text}`));
      };
      watchers.add(look);
      look();
    });
  return {
    socket,
    get text() {
      return text;
    },
    send: (bytes) => void socket.write(bytes),
    until: (part) => wait(() => (typeof part === 'string' ? text.includes(part) : part.test(text))),
    untilClosed: () => wait(() => isClosed),
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await wait(() => isClosed);
    },
  };
}

/** A request as bytes, with `Host` and `Content-Length` unless they are given. */
export function rawRequest(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all: Record<string, string> = {
    Host: 'localhost',
    ...(body !== '' && {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
    }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

export const chatBody = (fields: Readonly<Record<string, unknown>> = {}) => ({
  model: 'fake',
  messages: [{ role: 'user', content: 'Hello there' }],
  ...fields,
});

export function postChat(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'Content-Type': 'application/json', ...init.headers },
  });
}

/** Lets everything go on until `isMet`. */
export async function until(isMet: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isMet())) await new Promise(setImmediate);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
