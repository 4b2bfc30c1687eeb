// The process of one placed plugin. Started by ForkedChild, with the plugin's name for whoever lists processes.
import type { FromChild, ToChild } from '../control-message.js';
import { PlacementError } from '../errors.js';
import { isCloneable } from '../wire/cloneable.js';
import { Connection } from '../wire/connection.js';
import type { WireMessage } from '../wire/message.js';
import { packError, unpackError } from '../wire/wire-error.js';
import { HostedPlugins } from './hosted-plugins.js';
import { watchParent } from './watch-parent.js';

const orphanReleaseMs = 2_000;
const [, , plugin = 'unnamed'] = process.argv;

let connection: Connection | undefined;
let hosted: HostedPlugins | undefined;
const giveUp = new AbortController();

function send(message: FromChild | WireMessage, onSent?: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => onSent?.());
}

async function start({ plugins, serving, callLimit }: Extract<ToChild, { type: 'start' }>): Promise<void> {
  const link = new Connection({
    plugin,
    side: 'child',
    send,
    serve: (target) => running.serve(target),
    callLimit,
    onDropped: (count) => send({ type: 'dropped', count }),
  });
  const running = new HostedPlugins({
    plugins,
    serving,
    link,
    onHealth: (reason) => send({ type: 'health', reason }),
  });
  connection = link;
  hosted = running;
  try {
    await running.start(giveUp.signal);
    send({ type: 'started', facts: running.facts(), rssMiB: rssMiB() });
  } catch (error) {
    send({ type: 'start-failed', error: packError(error) });
  }
}

async function release(reason: unknown, timeoutMs: number): Promise<void> {
  giveUp.abort(reason);
  const errors = (await hosted?.release(reason, timeoutMs)) ?? [];
  if (!process.connected) process.exit(0);
  send({ type: 'released', errors: errors.map((error) => packError(error)) }, () => process.exit(0));
}

function rssMiB(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20);
}

process.on('message', (message: ToChild | WireMessage) => {
  switch (message.type) {
    case 'start':
      void start(message);
      break;
    case 'dep-up':
      hosted?.depUp(message.dep);
      break;
    case 'dep-down':
      hosted?.depDown(message.target);
      break;
    case 'ping': {
      const facts = hosted?.pluginFacts;
      send({ type: 'pong', rssMiB: rssMiB(), facts: isCloneable(facts) ? facts : undefined });
      break;
    }
    case 'release':
      void release(unpackError(message.reason), message.timeoutMs);
      break;
    default:
      connection?.receive(message);
  }
});

// The parent is gone, or has no more use for this process. What the plugin owns may be processes, too.
process.once('disconnect', () => {
  void release(new PlacementError('PLACEMENT_RELEASED', { plugin }), orphanReleaseMs);
});

// A terminal and an init system signal every process of a group at once: the parent decides when this one ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

watchParent();
