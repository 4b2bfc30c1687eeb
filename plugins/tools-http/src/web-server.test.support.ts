import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import got from 'got';
import { AddressRules } from './address-rules.js';
import { HostRules } from './host-rules.js';
import { HttpToolProvider } from './http-tool-provider.js';
import type { ResolveHost } from './resolve-host.js';

export interface WebServer extends AsyncDisposable {
  readonly port: number;
  /** `host` and the port of this server. */
  at(path: string, host?: string): string;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openWebServer(
  listener: RequestListener,
  host = '127.0.0.1',
  port = 0,
): Promise<WebServer> {
  const server = createServer(listener).listen(port, host);
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    port: own,
    at: (path, name = host) => `http://${name}:${own}${path}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface ToolsUnderTest {
  readonly hosts: readonly string[];
  readonly plainHttp?: boolean;
  readonly privateRanges?: readonly string[];
  readonly maxBytes?: number;
  readonly maxTextLength?: number;
  readonly timeoutMs?: number;
  readonly maxRedirects?: number;
  /** Default: every name is 127.0.0.1. */
  readonly resolve?: ResolveHost;
}

/** The provider as the plugin makes it, with names that mean this machine. */
export function createTools({
  hosts,
  plainHttp = true,
  privateRanges = ['127.0.0.1/32'],
  maxBytes = 1_048_576,
  maxTextLength = 10_000,
  timeoutMs = 20_000,
  maxRedirects = 5,
  resolve = async () => ['127.0.0.1'],
}: ToolsUnderTest): HttpToolProvider {
  const rules = {
    hosts: new HostRules(hosts),
    addresses: new AddressRules(privateRanges),
    plainHttp,
    maxBytes,
    maxRedirects,
    userAgent: 'tiercel-test',
  };
  return new HttpToolProvider({ got, resolve, rules }, { hosts, timeoutMs, maxTextLength });
}
