import { parseDocument } from 'yaml';
import { PlansError } from '../errors.js';
import { type Lock, type LockedArtifact, type LockedPlugin, lockVersion } from './lock.js';

const maxFindings = 20;

/**
 * Reads the text of a lock file, YAML or JSON. Throws `PLANS_LOCK_INVALID` with everything that is wrong with it, or
 * `PLANS_LOCK_TOO_NEW`.
 * @param source what messages call the text
 */
export function parseLock(text: string, source = 'The lock'): Lock {
  const document = parseDocument(text, { prettyErrors: false });
  const reader = new LockReader();
  if (document.errors.length > 0) reader.wrong([], 'YAML or JSON');
  // Aliases have no place in a lock; a text that unfolds without end is refused here.
  const value: unknown =
    reader.findings.length > 0 ? undefined : attempt(() => document.toJS({ maxAliasCount: 0 }));
  const found = isRecord(value) ? value['lockVersion'] : undefined;
  if (typeof found === 'number' && found > lockVersion) {
    throw new PlansError('PLANS_LOCK_TOO_NEW', { source, found, known: lockVersion });
  }
  const lock = reader.findings.length > 0 ? undefined : reader.lock(value);
  const findings = reader.findings.slice(0, maxFindings);
  if (!lock || findings.length > 0) throw new PlansError('PLANS_LOCK_INVALID', { source, findings });
  return lock;
}

/** Whether a text means to be a lock file, sound or not. */
export function isLockText(text: string): boolean {
  return /^\s*\{?\s*(["']?)lockVersion\1\s*:/m.test(text);
}

type Path = readonly string[];

class LockReader {
  readonly findings: string[] = [];

  wrong(path: Path, expected: string): void {
    this.findings.push(`${path.length === 0 ? 'it' : path.join('.')} is not ${expected}`);
  }

  lock(value: unknown): Lock {
    const read = this.#record([], value, [
      'lockVersion',
      'tier',
      'manifestSha256',
      'plugins',
      'skipped',
      'bindings',
      'memoryMiB',
    ]);
    if (read['lockVersion'] !== lockVersion) this.wrong(['lockVersion'], String(lockVersion));
    const { memoryMiB } = read;
    if (typeof memoryMiB !== 'number' || !(memoryMiB >= 0)) this.wrong(['memoryMiB'], 'a number from 0');
    return {
      lockVersion,
      tier: this.#text(['tier'], read['tier']),
      manifestSha256: this.#digest(['manifestSha256'], read['manifestSha256']),
      plugins: this.#map(['plugins'], read['plugins'], (path, each) => this.#plugin(path, each)),
      skipped: this.#map(['skipped'], read['skipped'], (path, each) => this.#text(path, each)),
      bindings: this.#map(['bindings'], read['bindings'], (path, each) => this.#texts(path, each)),
      memoryMiB: Number(memoryMiB),
    };
  }

  #plugin(path: Path, value: unknown): LockedPlugin {
    const known = [
      'package',
      'version',
      'declarationSha256',
      'placement',
      'boot',
      'when',
      'config',
      'artifacts',
    ];
    const read = this.#record(path, value, known);
    const { boot, when } = read;
    if (boot !== 'required' && boot !== 'degrade') this.wrong([...path, 'boot'], 'required or degrade');
    return {
      package: this.#text([...path, 'package'], read['package']),
      version: this.#text([...path, 'version'], read['version']),
      declarationSha256: this.#digest([...path, 'declarationSha256'], read['declarationSha256']),
      placement: this.#text([...path, 'placement'], read['placement']),
      boot: boot === 'degrade' ? 'degrade' : 'required',
      ...(when !== undefined && { when: this.#text([...path, 'when'], when) }),
      config: this.#map([...path, 'config'], read['config'] ?? {}, (at, each) => this.#digest(at, each)),
      artifacts: this.#map([...path, 'artifacts'], read['artifacts'] ?? {}, (at, each) =>
        this.#artifact(at, each),
      ),
    };
  }

  #artifact(path: Path, value: unknown): LockedArtifact {
    const read = this.#record(path, value, ['name', 'files']);
    return {
      name: this.#text([...path, 'name'], read['name']),
      files: this.#map([...path, 'files'], read['files'], (at, each) => this.#digest(at, each)),
    };
  }

  #record(path: Path, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
    if (!isRecord(value)) {
      this.wrong(path, 'a map');
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.findings.push(`${[...path, key].join('.')} is not known`);
    }
    return value;
  }

  #map<T>(path: Path, value: unknown, read: (path: Path, value: unknown) => T): Readonly<Record<string, T>> {
    if (!isRecord(value)) {
      this.wrong(path, 'a map');
      return {};
    }
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, read([...path, key], each)]));
  }

  #texts(path: Path, value: unknown): readonly string[] {
    if (Array.isArray(value)) return value.map((each, index) => this.#text([...path, String(index)], each));
    this.wrong(path, 'a list of texts');
    return [];
  }

  #text(path: Path, value: unknown): string {
    if (typeof value !== 'string') this.wrong(path, 'a text');
    return String(value);
  }

  #digest(path: Path, value: unknown): string {
    if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) this.wrong(path, '64 hex digits');
    return String(value);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}
