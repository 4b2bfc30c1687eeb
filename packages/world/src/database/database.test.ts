import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, type DatabaseOptions } from './database.js';
import type { SqliteValue } from './sqlite-value.js';

const migrations = ['CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT) STRICT'];
const applicationId = 0x7e57;
const built = path.resolve('packages/world/dist/index.js');

let folder = '';
let file = '';
const opened: Database[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-database-'));
  file = path.join(folder, 'deep', 'notes.db');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const database of opened.splice(0)) database.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(options: Partial<DatabaseOptions> = {}): Promise<Database> {
  const database = await Database.open({ file, migrations, applicationId, ...options });
  opened.push(database);
  return database;
}

function add(database: Database, text: string | null): void {
  database.run('INSERT INTO note (text) VALUES (?)', [text]);
}

function notes(database: Database): readonly unknown[] {
  return database.all('SELECT text FROM note ORDER BY id').map(({ text }) => text);
}

/** A program that has `database` open on the file. */
function programOf(body: string, migration = migrations): string {
  const options = { file, migrations: migration, applicationId };
  return `import { Database } from ${JSON.stringify(built)};
const open = () => Database.open(${JSON.stringify(options)});
${body}`;
}

function run(program: string) {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
}

describe('Database', () => {
  it('keeps what was written until it is opened again, for its owner alone', async () => {
    const first = await open();
    add(first, 'one');
    add(first, null);
    first.close();

    const second = await open();

    expect(notes(second)).toEqual(['one', null]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('keeps all of a transaction or nothing', async () => {
    const database = await open();
    const failure = new Error('enough');

    const failing = () =>
      database.transaction(() => {
        add(database, 'half');
        throw failure;
      });

    expect(failing).toThrow(failure);
    database.transaction(() => add(database, 'whole'));
    expect(notes(database)).toEqual(['whole']);
  });

  it.each([
    ['a boolean', [true]],
    ['undefined', [undefined]],
    ['a hole', new Array(1)],
    ['an object', [{ a: 1 }]],
    ['a list', [['a']]],
    ['bytes', [Buffer.from('x')]],
    ['bytes in place of the list', Buffer.from('x')],
    ['a date', [new Date(0)]],
    ['what is not a number', [Number.NaN]],
    ['a number without end', [Number.POSITIVE_INFINITY]],
    ['a bigint that would be rounded', [2n ** 60n]],
    ['text with NUL', ['a\0b']],
    ['too few', []],
    ['too many', ['a', 'b']],
  ])('refuses %s as a parameter', async (_title, values) => {
    const database = await open();

    const writing = () =>
      // Types forbid it; what comes from outside does not keep to them.
      database.run('INSERT INTO note (text) VALUES (?)', values as readonly unknown[] as SqliteValue[]);

    expect(writing).toThrow(expect.objectContaining({ code: 'DATABASE_PARAMETERS_INVALID' }));
    expect(notes(database)).toEqual([]);
  });

  it('survives every kind of parameter, where the library ends the process', () => {
    const { stdout, status } = run(
      programOf(`
const database = await open();
const values = [true, false, undefined, Buffer.from('x'), new Uint8Array(1), {}, [], new Date(0), () => 1, Symbol('s'), NaN, 2n ** 70n];
let refused = 0;
for (const value of values) {
  for (const parameters of [[value], value]) {
    for (const method of ['run', 'get', 'all']) {
      try { database[method]('SELECT ?', parameters); } catch ({ code }) { if (code === 'DATABASE_PARAMETERS_INVALID') refused += 1; }
    }
  }
}
console.log(refused, values.length * 6, database.get('SELECT 1 AS one').one);
database.close();`),
    );

    // Left out, "undefined" and an empty list mean no parameters, which are too few.
    expect([status, stdout.trim()]).toEqual([0, '72 72 1']);
  });

  it('takes text, numbers, bigints and null, and gives rows of their columns only', async () => {
    const database = await open();

    const row = database.get('SELECT ? AS a, ? AS b, ? AS c, ? AS d', ['ä', 1.5, 7n, null]);

    expect(row).toEqual({ a: 'ä', b: 1.5, c: 7, d: null });
  });

  it('counts question marks of the statement, not those of texts, names and comments', async () => {
    const database = await open();

    const row = database.get(`SELECT 'why?' AS a, ? AS "b?" -- who?\n /* where? */`, ['so']);

    expect(row).toEqual({ a: 'why?', 'b?': 'so' });
  });

  it('says what is wrong with a statement', async () => {
    const database = await open();

    expect(() => database.all('SELECT nothing FROM nowhere')).toThrow(
      expect.objectContaining({ code: 'DATABASE_STATEMENT_REFUSED' }),
    );
  });

  it('belongs to one process, until that ends', async () => {
    const holder = programOf(
      `const database = await open(); database.run("INSERT INTO note (text) VALUES ('held')"); process.stdout.write('held'); process.stdin.resume();`,
    );
    const child = spawn(process.execPath, ['--input-type=module', '--eval', holder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout, 'data');

    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    child.kill('SIGKILL');
    await once(child, 'close');

    expect(notes(await open())).toEqual(['held']);
  });

  it('belongs to its first user within a process too', async () => {
    await open();

    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
  });

  it.each([
    ['is none', 'garbage '.repeat(2_000)],
    ['begins like one', `SQLite format 3\0${'garbage '.repeat(2_000)}`],
  ])('moves a file aside that %s, and begins anew', async (_title, contents) => {
    file = path.join(folder, 'garbage.db');
    await writeFile(file, contents);

    const database = await open();

    expect(notes(database)).toEqual([]);
    expect(database.movedAside).toBe(`${file}.damaged-1`);
    expect(await readFile(`${file}.damaged-1`, 'utf8')).toBe(contents);
  });

  it('finds damage inside of a file, and never overwrites what it moved aside before', async () => {
    const target = path.join(folder, 'deep', 'notes.db.damaged-1');
    const first = await open();
    for (let count = 0; count < 2_000; count++) add(first, 'x'.repeat(100));
    first.close();
    await writeFile(target, 'of earlier');
    const bytes = await readFile(file);
    bytes.fill(0xff, 4_096 * 3, 4_096 * 8);
    await writeFile(file, bytes);

    const second = await open();

    expect(second.movedAside).toBe(`${file}.damaged-2`);
    expect(await readFile(target, 'utf8')).toBe('of earlier');
  });

  it('brings an older file to the present form, and leaves one of a later form alone', async () => {
    const next = [...migrations, "ALTER TABLE note ADD COLUMN place TEXT NOT NULL DEFAULT ''"];
    const old = await open();
    add(old, 'one');
    old.close();

    const changed = await open({ migrations: next });
    const rows = changed.all('SELECT text, place FROM note');
    changed.close();

    expect(rows).toEqual([{ text: 'one', place: '' }]);
    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_NEWER', details: { version: 2 } });
  });

  it('leaves a file as it was where a step to the present form fails', async () => {
    const old = await open();
    add(old, 'one');
    old.close();

    const opening = open({ migrations: [...migrations, 'DROP TABLE note; CREATE NONSENSE'] });

    await expect(opening).rejects.toMatchObject({ code: 'DATABASE_MIGRATION_FAILED' });
    expect(notes(await open())).toEqual(['one']);
  });

  it('leaves a database of another kind alone', async () => {
    const other = await open();
    add(other, 'one');
    other.close();

    await expect(open({ applicationId: 1 })).rejects.toMatchObject({ code: 'DATABASE_FOREIGN' });

    expect(notes(await open())).toEqual(['one']);
  });

  it('says when it is full, keeps nothing of that change, and goes on when there is room', async () => {
    const database = await open();
    const limit = (pages: number) => database.all(`PRAGMA max_page_count = ${pages}`);
    add(database, 'before');
    limit(4);

    const failing = () => database.transaction(() => add(database, 'x'.repeat(100_000)));

    expect(failing).toThrow(expect.objectContaining({ code: 'DATABASE_UNWRITABLE' }));
    expect(notes(database)).toEqual(['before']);
    limit(1_000);
    database.transaction(() => add(database, 'after'));
    expect(notes(database)).toEqual(['before', 'after']);
  });

  it('says when its file may not be written', async () => {
    const first = await open();
    add(first, 'one');
    first.close();
    await chmod(folder, 0o755);
    await chmod(path.dirname(file), 0o555);
    await chmod(file, 0o444);

    // Root may write everything, so it becomes somebody else first.
    const { stdout, stderr } = run(
      programOf(`
await import(${JSON.stringify(path.resolve('node_modules/libsql/index.js'))});
if (process.getuid() === 0) {
  process.setgid(65534);
  process.setuid(65534);
}
await open().catch(({ code }) => console.log(code));`),
    );

    await chmod(path.dirname(file), 0o755);
    expect([stdout.trim(), stderr]).toEqual(['DATABASE_UNOPENABLE', '']);
  });

  it('says when its folder cannot be made', async () => {
    await writeFile(path.join(folder, 'deep'), 'a file, not a folder');

    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_UNOPENABLE' });
  });

  it('copies itself into a file that can be opened', async () => {
    const database = await open();
    add(database, 'one');
    const target = path.join(folder, 'copy.db');

    database.copyTo(target);

    expect(notes(await open({ file: target }))).toEqual(['one']);
  });

  it('leaves one file when it is closed, and is of no use then', async () => {
    const database = await open();
    add(database, 'one');
    database.close();
    database.close();

    expect(() => notes(database)).toThrow(expect.objectContaining({ code: 'DATABASE_CLOSED' }));
    expect(await readdir(path.dirname(file))).toEqual(['notes.db']);
  });

  it('gives room back at a checkpoint', async () => {
    const database = await open();
    for (let count = 0; count < 50; count++) add(database, 'x'.repeat(1_000));
    const before = (await stat(`${file}-wal`)).size;

    database.checkpoint();

    expect([before > 0, (await stat(`${file}-wal`)).size]).toEqual([true, 0]);
    expect(notes(database)).toHaveLength(50);
  });

  it('says when what it reads turns out to be damaged while it is open', async () => {
    const database = await open();
    for (let count = 0; count < 2_000; count++) add(database, 'x'.repeat(1_000));
    database.checkpoint();
    // A cache that is small reads the pages anew.
    database.run('PRAGMA cache_size = 1');
    database.run('PRAGMA shrink_memory');
    const bytes = await readFile(file);
    bytes.fill(0xff, 4_096);
    await writeFile(file, bytes);

    expect(() => notes(database)).toThrow(expect.objectContaining({ code: 'DATABASE_DAMAGED' }));
  });
});
