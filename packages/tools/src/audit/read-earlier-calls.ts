import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type EarlierCall, OnceCalls } from '../once-calls.js';
import { listFiles } from './audit-folder.js';
import type { EndRecord, StartRecord } from './audit-trail.js';
import { readLines } from './read-lines.js';
import { openLine } from './sealed-line.js';

/**
 * Calls with idempotency keys that began within the last 10 minutes, as far as the log knows: what a node that was killed
 * must not do again.
 */
export async function readEarlierCalls(folder: string, epochMs: number): Promise<readonly EarlierCall[]> {
  const earliestMs = epochMs - OnceCalls.rememberedMs;
  const calls = new Map<string, EarlierCall>();
  for (const name of await listFiles(folder)) {
    const file = path.join(folder, name);
    if ((await stat(file)).mtimeMs < earliestMs) continue;
    for await (const line of readLines(file)) readCall(line, calls, epochMs);
  }
  return [...calls.values()].filter(({ ageMs }) => ageMs < OnceCalls.rememberedMs);
}

function readCall(line: string, calls: Map<string, EarlierCall>, epochMs: number): void {
  // Most lines are about calls without a key, and need not be parsed.
  if (!line.includes('"keySha256":') && (calls.size === 0 || !line.includes('"kind":"end"'))) return;
  const opened = openLine(line);
  if (!opened) return;
  // An intact line of this kind was written from this type.
  const record = opened.record as unknown as (StartRecord | EndRecord) & { readonly time: string };
  if (record.kind === 'start' && record.keySha256 !== undefined) {
    const { call, caller, tool, keySha256, argsSha256: fingerprint } = record;
    const ageMs = Math.max(0, epochMs - Date.parse(record.time));
    calls.set(call, { caller, tool, keySha256, fingerprint, isDone: false, ageMs });
  } else if (record.kind === 'end') {
    const begun = calls.get(record.call);
    if (record.outcome === 'refused') calls.delete(record.call);
    else if (begun) calls.set(record.call, { ...begun, isDone: record.outcome !== 'cancelled' });
  }
}
