import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import type { OpenSshServer } from './open-ssh-server.test.support.js';
import { openSshTools, type SshToolsOptions } from './open-ssh-tools.js';
import type { SshToolProvider } from './ssh-tool-provider.js';

export interface TestTools extends AsyncDisposable {
  readonly tools: SshToolProvider;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
}

/** A tool that runs a script with one argument. */
export function scriptTool(script: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    description: 'Runs a script.',
    hosts: ['box'],
    command: ['sh', '-c', script, 'sh', '{argument}'],
    parameters: { argument: { required: false, maxLength: 4_000, allowLeadingDash: true } },
    ...more,
  };
}

/** Tools on host `box`, which is `server`. The clock stands still until the end. */
export async function openTools(
  server: OpenSshServer,
  tools: Readonly<Record<string, unknown>>,
  options: Partial<SshToolsOptions> & { readonly host?: Readonly<Record<string, unknown>> } = {},
): Promise<TestTools> {
  const { host, ...others } = options;
  const clock = new FakeClock();
  const log = new FakeLog();
  const metrics = new FakeMetrics();
  const provider = await openSshTools(
    {
      groups: {},
      hosts: { box: server.host(host) },
      tools,
      knownHostsFile: server.knownHostsFile,
      agentSocket: '',
      passphrase: '',
      readyTimeoutMs: 10_000,
      keepAliveMs: 15_000,
      keepAliveMisses: 3,
      maxConnections: 4,
      idleMs: 60_000,
      ...others,
    },
    { clock, log, metrics },
  );
  return {
    tools: provider,
    clock,
    log,
    metrics,
    [Symbol.asyncDispose]: () => whileTimePasses(clock, provider[Symbol.asyncDispose]()),
  };
}

/** Moves the clock on, as far as somebody waits for it, until `work` settles. */
export async function whileTimePasses<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await Promise.race([clock.whenPending(), done.catch(() => undefined)]);
    await clock.advance(100);
  }
  return done;
}
