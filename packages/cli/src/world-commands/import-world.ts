import type { WorldModel, WorldObservation } from '@tiercel/capabilities/world-model';
import { isTiercelError } from '@tiercel/kernel';
import type { Context } from '../context.js';
import { checkImport, type ImportLine, importLines } from './import-lines.js';
import { openWorld, type WorldOptions } from './open-world.js';

export interface ImportWorldOptions extends WorldOptions {
  readonly json?: boolean;
}

interface ImportReport {
  written: number;
  /** The same observation was there. */
  known: number;
  /** Their time was over. */
  expired: number;
  /** Something newer is known. */
  readonly superseded: { readonly line: number; readonly key: string; readonly newerHlc: string }[];
}

/** So many are on their way at once: a store that writes to disk writes them together. */
const CONCURRENCY = 32;
const MOST_TOLD = 20;

export async function importWorld(
  context: Context,
  file: string,
  { json = false, ...options }: ImportWorldOptions,
): Promise<number> {
  const { terminal, signal } = context;
  await checkImport(file, signal);
  await using opened = await openWorld(context, options);
  const report: ImportReport = { written: 0, known: 0, expired: 0, superseded: [] };
  const lines = importLines(file, signal);
  await Promise.all(Array.from({ length: CONCURRENCY }, () => importFrom(lines, opened.world, report)));
  if (json) terminal.print(JSON.stringify(report, undefined, 2));
  else tellPerson(context, report);
  if (report.written > 0) opened.noteChange();
  return 0;
}

/** Takes lines while there are some. Several may share them. */
async function importFrom(
  lines: AsyncIterator<ImportLine, void>,
  world: WorldModel,
  report: ImportReport,
): Promise<void> {
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    await importLine(next.value, world, report);
  }
}

async function importLine(
  { number, observation }: ImportLine,
  world: WorldModel,
  report: ImportReport,
): Promise<void> {
  if (isOver(observation)) {
    report.expired += 1;
    return;
  }
  const { key, hlc } = observation;
  try {
    const before = hlc === undefined ? undefined : await world.get(key);
    if (before && before.hlc === hlc) {
      report.known += 1;
      return;
    }
    await world.observe(observation);
    report.written += 1;
  } catch (error) {
    if (!isTiercelError(error, 'WORLD_MODEL_SUPERSEDED')) throw error;
    report.superseded.push({ line: number, key, newerHlc: String(error.details['newerHlc']) });
  }
}

function isOver({ timeMs, ttlMs }: WorldObservation): boolean {
  return timeMs !== undefined && ttlMs !== undefined && timeMs + ttlMs <= Date.now();
}

function tellPerson({ terminal }: Context, { written, known, expired, superseded }: ImportReport): void {
  const others = [
    ...(known > 0 ? [`${known} were known already`] : []),
    ...(expired > 0 ? [`the time of ${expired} was over`] : []),
    ...(superseded.length > 0 ? [`of ${superseded.length} something newer is known`] : []),
  ];
  terminal.print(`${written} entries were written${others.length > 0 ? `; ${others.join(', ')}` : ''}.`);
  for (const { line, key } of superseded.slice(0, MOST_TOLD))
    terminal.note(`newer here: ${key} (line ${line})\n`);
  if (superseded.length > MOST_TOLD) terminal.note(`and ${superseded.length - MOST_TOLD} more.\n`);
}
