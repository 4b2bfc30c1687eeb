import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../make-folder.js';
import { type FileState, isSameState } from './file-state.js';

interface Verified {
  readonly sha256: string;
  readonly state: FileState;
  readonly checkedMs: number;
}

const FILE_NAME = '.verified.json';
const MAX_ENTRIES = 1_000;
const WEEK_MS = 7 * 24 * 3_600_000;
// A write right after the check could leave time stamps of coarse file systems as they were.
const SETTLED_MS = 3_000;

/**
 * Remembers across runs which files had which sha256, so that a start need not read hundreds of megabytes again.
 * A memory counts while size, inode, modification and change time are the same, and for at most a week, so that decay of a
 * disk is found too. It lies in the models folder; where that cannot be written, every run hashes.
 */
export class VerifiedFiles {
  readonly #directory: string;
  readonly #epochMs: () => number;
  readonly #fresh = new Map<string, Verified>();
  #known: Map<string, Verified> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(directory: string, options: { readonly epochMs?: () => number } = {}) {
    this.#directory = directory;
    this.#epochMs = options.epochMs ?? Date.now;
  }

  async has(file: string, sha256: string, state: FileState): Promise<boolean> {
    this.#known ??= await this.#read();
    const verified = this.#fresh.get(file) ?? this.#known.get(file);
    if (!verified || verified.sha256 !== sha256 || !isSameState(verified.state, state)) return false;
    const ageMs = this.#epochMs() - verified.checkedMs;
    return ageMs >= 0 && ageMs < WEEK_MS;
  }

  remember(file: string, sha256: string, state: FileState): void {
    const checkedMs = this.#epochMs();
    const changedMs = Number(BigInt(state.changedNs) / 1_000_000n);
    if (checkedMs - changedMs > SETTLED_MS) this.#fresh.set(file, { sha256, state, checkedMs });
  }

  /** Writes what is new. Two processes may save at once; the later one may forget what the other has learned. */
  save(): Promise<void> {
    // One after the other: at a start, several plugins locate their models at the same time.
    this.#saving = this.#saving.then(() => this.#write());
    return this.#saving;
  }

  async #write(): Promise<void> {
    const fresh = [...this.#fresh];
    if (fresh.length === 0) return;
    const merged = new Map([...(await this.#read()), ...fresh]);
    const newest = [...merged].sort(([, a], [, b]) => b.checkedMs - a.checkedMs).slice(0, MAX_ENTRIES);
    const temporary = path.join(this.#directory, `${FILE_NAME}.${randomUUID()}`);
    try {
      await makeFolder(this.#directory);
      await writeFile(temporary, JSON.stringify({ format: 1, files: Object.fromEntries(newest) }), {
        mode: 0o600,
      });
      await rename(temporary, path.join(this.#directory, FILE_NAME));
      this.#known = merged;
      for (const [file, verified] of fresh) {
        if (this.#fresh.get(file) === verified) this.#fresh.delete(file);
      }
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async #read(): Promise<Map<string, Verified>> {
    try {
      const text = await readFile(path.join(this.#directory, FILE_NAME), 'utf8');
      const { format, files } = JSON.parse(text) as { readonly format?: unknown; readonly files?: object };
      return new Map(format === 1 ? Object.entries(files ?? {}).filter(isVerified) : []);
    } catch {
      // Not there, or not ours: hashing again makes a new one.
      return new Map();
    }
  }
}

function isVerified(entry: [string, unknown]): entry is [string, Verified] {
  const value = entry[1] as Partial<Verified> | null;
  return (
    typeof value?.sha256 === 'string' &&
    typeof value.checkedMs === 'number' &&
    typeof value.state?.changedNs === 'string'
  );
}
