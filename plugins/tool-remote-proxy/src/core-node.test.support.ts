import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { type FakeTool, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { boot, type ManifestData, supply } from '@tiercel/kernel';

export const coreKey = 'key-of-the-core';

export interface CoreNode extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly tools: FakeToolProvider;
  readonly log: FakeLog;
}

export interface CoreNodeOptions {
  readonly tools?: FakeToolProvider | readonly FakeTool[];
  /** Default: any free one. */
  readonly port?: number;
  readonly gateway?: Readonly<Record<string, unknown>>;
  readonly plugins?: ManifestData['plugins'];
}

/** A node that serves its tools: gateway and registry as they are installed. */
export async function startCore(options: CoreNodeOptions = {}): Promise<CoreNode> {
  const { tools: given = [], port = 0, gateway = {}, plugins = {} } = options;
  const tools = given instanceof FakeToolProvider ? given : new FakeToolProvider(given);
  const log = new FakeLog();
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'tiercel-core-'));
  const node = await boot({
    manifest: {
      tier: 'test',
      plugins: {
        'clock-system': null,
        log: { use: '@test/log' },
        tools: { use: '@test/tools' },
        'tool-registry': { config: { dataDirectory } },
        gateway: {
          config: {
            groups: ['tools'],
            toolPort: port,
            toolApiKeys: [coreKey],
            requestsPerMinute: 0,
            drainTimeoutMs: 0,
            ...gateway,
          },
        },
        ...plugins,
      },
    },
    plugins: [supply('@test/log', Log, log), supply('@test/tools', ToolProvider, tools)],
    environment: {},
  });
  const { facts = {} } = node.describe().plugins.find(({ plugin }) => plugin === 'gateway') ?? {};
  const [listener] = facts['listeners'] as readonly { readonly url: string }[];
  const url = listener?.url ?? '';
  return {
    url,
    port: Number(new URL(url).port),
    tools,
    log,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await rm(dataDirectory, { recursive: true });
    },
  };
}
