/** Marks the file as a world model. */
export const applicationId = 0x7477_6d31;

/** Values and origins are JSON, which has no NUL and no half characters. */
export const migrations = [
  `
  CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    life TEXT NOT NULL,
    revision INTEGER NOT NULL,
    forgotten_up_to INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE entry (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    origin TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    hlc TEXT NOT NULL,
    ttl_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tombstone (
    key TEXT PRIMARY KEY,
    hlc TEXT NOT NULL,
    time_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- A change without a value is that the entry was forgotten.
  CREATE TABLE change (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    value TEXT,
    origin TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    hlc TEXT NOT NULL,
    ttl_ms INTEGER,
    kept_ms INTEGER NOT NULL
  ) STRICT;
  `,
];
