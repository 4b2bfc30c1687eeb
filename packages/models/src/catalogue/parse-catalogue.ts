import type { ModelKind } from '@tiercel/capabilities/model-store';
import { ModelError } from '../errors.js';
import { findUrlProblem } from '../pull/allowed-url.js';
import type { CatalogueEntry, CatalogueFile } from './catalogue-entry.js';

const KINDS: readonly ModelKind[] = [
  'voice-activity-detector',
  'speech-to-text',
  'text-to-speech',
  'language-model',
];

/** A role that the engines of each kind always ask for. */
const REQUIRED_ROLES: Readonly<Record<ModelKind, readonly string[]>> = {
  'voice-activity-detector': ['model'],
  'speech-to-text': ['encoder', 'decoder', 'tokens'],
  'text-to-speech': ['model', 'tokens'],
  'language-model': ['model'],
};

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const MAX_FILE_BYTES = 2 ** 40;
const MAX_PROBLEMS = 50;

export interface ParseCatalogueOptions {
  /** Named in the error. */
  readonly file: string;
  readonly hosts: readonly string[];
  /** Names that are in the catalogue already. */
  readonly taken: ReadonlySet<string>;
}

/**
 * Reads a user's catalogue, `{ models: { <name>: { title, kind, licence, facts?, roles, files } } }`.
 * Throws `MODEL_CATALOGUE_INVALID` with all problems, each with its place.
 */
export function parseCatalogue(value: unknown, options: ParseCatalogueOptions): CatalogueEntry[] {
  const reader = new CatalogueReader(options);
  const entries = reader.read(value);
  if (reader.problems.length > 0) {
    const problems = reader.problems.slice(0, MAX_PROBLEMS);
    if (reader.problems.length > MAX_PROBLEMS)
      problems.push(`and ${reader.problems.length - MAX_PROBLEMS} more`);
    throw new ModelError('MODEL_CATALOGUE_INVALID', { file: options.file, problems });
  }
  return entries;
}

class CatalogueReader {
  readonly problems: string[] = [];
  readonly #options: ParseCatalogueOptions;

  constructor(options: ParseCatalogueOptions) {
    this.#options = options;
  }

  read(value: unknown): CatalogueEntry[] {
    const root = this.#record(value, 'the file');
    if (!root) return [];
    this.#refuseOthers(root, '', ['models']);
    const models = this.#record(root['models'], 'models');
    return Object.entries(models ?? {}).flatMap(([name, entry]) => this.#entry(name, entry) ?? []);
  }

  #entry(name: string, value: unknown): CatalogueEntry | undefined {
    const at = `models.${name}`;
    if (!NAME.test(name))
      this.#add(at, 'the name may have letters, digits, ".", "_" and "-", and at most 100 of them');
    if (this.#options.taken.has(name))
      this.#add(at, 'the name is taken by a model of the project; choose another');
    const entry = this.#record(value, at);
    if (!entry) return undefined;
    this.#refuseOthers(entry, at, ['title', 'kind', 'licence', 'facts', 'roles', 'files']);
    const kind = KINDS.find((each) => each === entry['kind']);
    if (!kind) this.#add(`${at}.kind`, `is one of ${KINDS.join(', ')}`);
    const title = this.#text(entry['title'] ?? name, `${at}.title`);
    const licence = this.#text(entry['licence'], `${at}.licence`);
    const facts = this.#record(entry['facts'] ?? {}, `${at}.facts`);
    const files = this.#files(entry['files'], `${at}.files`);
    const roles = this.#roles(entry['roles'], `${at}.roles`, files, kind);
    if (!kind || title === undefined || licence === undefined || !facts) return undefined;
    return { name, title, kind, licence, facts, roles, files, origin: 'catalogue' };
  }

  #files(value: unknown, at: string): CatalogueFile[] {
    if (!Array.isArray(value) || value.length === 0) {
      this.#add(at, 'is a list of at least one file');
      return [];
    }
    const files = value.flatMap((file: unknown, index) => this.#file(file, `${at}[${index}]`) ?? []);
    const seen = new Set<string>();
    for (const file of files) {
      // Some file systems know no difference between upper and lower case.
      const key = file.path.toLowerCase();
      if (seen.has(key)) this.#add(at, `lists ${file.path} twice`);
      seen.add(key);
    }
    return files;
  }

  #file(value: unknown, at: string): CatalogueFile | undefined {
    const file = this.#record(value, at);
    if (!file) return undefined;
    this.#refuseOthers(file, at, ['path', 'sizeBytes', 'sha256', 'url']);
    const { path, sizeBytes, sha256, url } = file;
    const isPath = typeof path === 'string' && isSafePath(path);
    const isSize =
      Number.isInteger(sizeBytes) && Number(sizeBytes) > 0 && Number(sizeBytes) <= MAX_FILE_BYTES;
    const isHash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
    if (!isPath)
      this.#add(
        `${at}.path`,
        'is a path below the model folder, with "/" between its parts and without ".."',
      );
    if (!isSize) this.#add(`${at}.sizeBytes`, 'is the size of the file in bytes, a whole number above 0');
    if (!isHash) this.#add(`${at}.sha256`, 'is 64 lower-case hex digits');
    const urlProblem = this.#urlProblem(url);
    if (urlProblem !== undefined) this.#add(`${at}.url`, urlProblem);
    // With a fault in size, hash or address it still counts as listed, so that its roles are not called wrong as well.
    if (!isPath) return undefined;
    return {
      path,
      sizeBytes: Number(sizeBytes),
      sha256: String(sha256),
      ...(typeof url === 'string' ? { url } : {}),
    };
  }

  #urlProblem(url: unknown): string | undefined {
    if (url === undefined) return undefined;
    if (typeof url !== 'string') return 'is an https address';
    const problem = findUrlProblem(url, this.#options);
    if (problem !== undefined) return problem;
    const { hostname, pathname } = new URL(url);
    if (hostname === 'huggingface.co' && !/\/resolve\/[0-9a-f]{40}\//.test(pathname)) {
      return 'names a branch, which may change: put the commit (40 hex digits) after "/resolve/"';
    }
    return undefined;
  }

  #roles(
    value: unknown,
    at: string,
    files: readonly CatalogueFile[],
    kind: ModelKind | undefined,
  ): Readonly<Record<string, string>> {
    const roles: Record<string, string> = {};
    const record = this.#record(value, at) ?? {};
    for (const [role, path] of Object.entries(record)) {
      const isFileOrFolder =
        typeof path === 'string' &&
        files.some((file) => file.path === path || file.path.startsWith(`${path}/`));
      if (isFileOrFolder) roles[role] = path;
      else this.#add(`${at}.${role}`, 'names a file of "files", or a folder that holds some');
    }
    for (const role of kind ? REQUIRED_ROLES[kind] : []) {
      if (!Object.hasOwn(record, role)) this.#add(at, `lacks "${role}", which every ${kind} model has`);
    }
    return roles;
  }

  #text(value: unknown, at: string): string | undefined {
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.#add(at, 'is a text that is not empty');
    return undefined;
  }

  #record(value: unknown, at: string): Record<string, unknown> | undefined {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    this.#add(at, 'is a map of keys and values');
    return undefined;
  }

  #refuseOthers(record: Readonly<Record<string, unknown>>, at: string, known: readonly string[]): void {
    for (const key of Object.keys(record)) {
      if (!known.includes(key))
        this.#add(at === '' ? key : `${at}.${key}`, `is not known; known are ${known.join(', ')}`);
    }
  }

  #add(at: string, problem: string): void {
    this.problems.push(`${at} ${problem}`);
  }
}

function isSafePath(path: string): boolean {
  // Hidden files and parts of downloads are ours.
  if (path.length > 300 || /\.partial(\.json)?$/i.test(path)) return false;
  return path
    .split('/')
    .every((part) => /^[A-Za-z0-9_@+=,()-][A-Za-z0-9 _@+=,.()-]*$/.test(part) && !/[. ]$/.test(part));
}
