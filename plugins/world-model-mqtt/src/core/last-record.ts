import { type WorldModel, type WorldRecord, worldLimits } from '@tiercel/capabilities/world-model';
import { keyOf, revisionOf } from '@tiercel/world';

/** The latest change of a key that a store remembers. */
export function lastRecordOf(world: WorldModel, key: string): Promise<WorldRecord | undefined> {
  return findLast(world, key, (record) => keyOf(record) === key);
}

/** The latest change of a key that came from one origin. */
export function lastRecordFrom(
  world: WorldModel,
  key: string,
  origin: string,
): Promise<WorldRecord | undefined> {
  return findLast(world, key, (record) => {
    const { key: itsKey, origin: itsOrigin } = record.type === 'entry-put' ? record.entry : record;
    return itsKey === key && itsOrigin === origin;
  });
}

async function findLast(
  world: WorldModel,
  prefix: string,
  matches: (record: WorldRecord) => boolean,
): Promise<WorldRecord | undefined> {
  let last: WorldRecord | undefined;
  let after = 0;
  for (;;) {
    const { records } = await world.history(prefix, { after, limit: worldLimits.historyRecords });
    last = records.findLast(matches) ?? last;
    const newest = records.at(-1);
    if (!newest || records.length < worldLimits.historyRecords) return last;
    after = revisionOf(newest);
  }
}
