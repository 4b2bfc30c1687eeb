/** What a database takes and gives. Objects are stored as JSON. */
export type SqliteValue = string | number | bigint | null;

/** One row by the names of its columns. */
export type SqliteRow = Readonly<Record<string, string | number | null>>;
