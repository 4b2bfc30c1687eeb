import type { WorldEntry, WorldRecord, WorldValue } from '@tiercel/capabilities/world-model';
import type { SqliteRow } from '@tiercel/world';

/** An entry as it stands in the database. */
export function entryOf(row: SqliteRow, epoch: string): WorldEntry {
  const { ttl_ms: ttlMs } = row;
  return Object.freeze({
    key: String(row.key),
    value: parseFrozen(String(row.value)),
    revision: Number(row.revision),
    epoch,
    origin: String(JSON.parse(String(row.origin))),
    hlc: String(row.hlc),
    timeMs: Number(row.time_ms),
    ...(typeof ttlMs === 'number' && { ttlMs }),
  });
}

export function recordOf(row: SqliteRow, epoch: string): WorldRecord {
  if (row.value !== null) return Object.freeze({ type: 'entry-put', entry: entryOf(row, epoch) });
  return Object.freeze({
    type: 'entry-forgotten',
    key: String(row.key),
    revision: Number(row.revision),
    epoch,
    origin: String(JSON.parse(String(row.origin))),
    hlc: String(row.hlc),
    timeMs: Number(row.time_ms),
  });
}

function parseFrozen(json: string): WorldValue {
  return freeze(JSON.parse(json));
}

/** Values are of depth 8 at most. */
function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const item of Object.values(value)) freeze(item);
  return Object.freeze(value);
}
