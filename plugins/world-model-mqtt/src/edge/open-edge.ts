import { randomUUID } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import { HybridClock, type WorldModel, worldLimits } from '@tiercel/capabilities/world-model';
import type { PluginHealth, Releasable } from '@tiercel/kernel';
import type { MqttSettings } from '../connection/mqtt-settings.js';
import { DiskCopy } from './disk-copy.js';
import { DropCount } from './drop-count.js';
import { EdgeFile } from './edge-file.js';
import { EdgeLink } from './edge-link.js';
import { EdgeWorldModel } from './edge-world-model.js';
import { Mirror } from './mirror.js';
import { Outbox } from './outbox.js';

export interface OpenEdgeOptions {
  readonly settings: MqttSettings;
  readonly node: string;
  readonly prefix: string;
  readonly file: string;
  readonly outboxEntries: number;
  readonly maxEntries: number;
  readonly replyTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  readonly health: PluginHealth;
  /** Takes ownership: released last-in first-out. */
  readonly own: <T extends Releasable>(resource: T) => T;
  /** Between 0 and 1, for the spread of waits. */
  readonly random?: () => number;
}

/** Opens an edge with what its last life has left. Waits for no broker. */
export async function openEdge(options: OpenEdgeOptions): Promise<WorldModel> {
  const { settings, node, prefix, maxEntries, outboxEntries, replyTimeoutMs } = options;
  const { clock, log, metrics, health, own, random } = options;
  const boot = randomUUID();
  const file = own(await EdgeFile.open(options.file, boot));
  if (file.movedAside !== undefined) {
    log.error('the outbox was damaged and was moved aside; what waited in it is lost', {
      file: file.path,
      movedAside: file.movedAside,
    });
  }
  const contents = file.read();
  if (contents.unreadable > 0) {
    log.error('rows of the outbox could not be read', { file: file.path, rows: contents.unreadable });
  }
  const hybridClock = new HybridClock(node, () => clock.epochMs());
  const witness = (hlc: string) => void hybridClock.witness(hlc);
  for (const { hlc } of [...contents.states, ...contents.outbox]) witness(hlc);

  const limits = { entries: maxEntries, bytes: worldLimits.totalBytes };
  const diskCopy = own(new DiskCopy({ file, clock, log }));
  const mirror = new Mirror(contents.epoch, limits, (key) => diskCopy.changed(key));
  own(() => mirror.close());
  mirror.applyAll(contents.states);
  const drops = new DropCount({ clock, log, metrics });
  let link: EdgeLink | undefined;
  const outbox = new Outbox({
    changes: contents.outbox,
    capacity: outboxEntries,
    file,
    refused: () => drops.add(),
    depthChanged: (depth) => {
      metrics?.set(coreMetrics.outboxDepth, depth);
      // Whether it is full.
      link?.tellHealth();
    },
  });
  own(() => outbox.flush());
  for (const change of contents.outbox) mirror.cover(change);
  diskCopy.start(mirror);
  link = own(
    new EdgeLink({
      ...{ mirror, outbox, settings, node, boot, prefix, limits, replyTimeoutMs },
      ...{ clock, log, metrics, health, witness, drops, ...(random && { random }) },
    }),
  );
  link.start();
  return new EdgeWorldModel({ mirror, outbox, link, clock, hybridClock, boot, replyTimeoutMs });
}
