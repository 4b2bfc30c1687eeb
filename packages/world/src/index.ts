export {
  ChangeLog,
  type ChangeLogStart,
  type FollowOptions,
  keyOf,
  type RecordsOptions,
  revisionOf,
} from './change-log.js';
export { Database, type DatabaseOptions } from './database/database.js';
export type { SqliteRow, SqliteValue } from './database/sqlite-value.js';
export { EntryIndex } from './entry-index.js';
export { DatabaseError } from './errors.js';
export { SortedKeys } from './sorted-keys.js';
