import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MethodShape, Problem } from '@tiercel/kernel';
import { askChild } from '../ask-child.js';
import { problem } from '../problems.js';

/** A capability that a package exports, as far as it takes to write a provider of it. */
export interface FoundContract {
  /** As it is imported, such as `@acme/contracts/doorbell`. */
  readonly specifier: string;
  readonly package: { readonly name: string; readonly version: string };
  /** Name of the exported token and its interface. */
  readonly token: string;
  readonly methods: Readonly<Record<string, MethodShape>>;
  /** Name of the contract suite under `<specifier>/testing`; absent where there is none. */
  readonly suite?: string;
}

export interface FindContractOptions {
  readonly specifier: string;
  readonly capability: string;
  /** Folder from which the package is looked up. */
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
}

const timeoutMs = 30_000;

/** What the child below tells: URLs of both entries, and the tokens that the first one exports. */
interface Exports {
  readonly entry: string;
  readonly testing: string | undefined;
  readonly tokens: readonly {
    readonly name: string;
    readonly id: string;
    readonly methods: FoundContract['methods'];
  }[];
  readonly failure?: string;
}

// Code that is passed on the command line counts as lying in the working directory, so Node looks packages up from there.
const source = `
  const specifier = process.argv[1];
  const told = { tokens: [] };
  try {
    told.entry = import.meta.resolve(specifier);
    for (const [name, value] of Object.entries(await import(told.entry))) {
      const { key, id, methods } = Object(value);
      if (typeof key === 'symbol' && typeof id === 'string' && methods) told.tokens.push({ name, id, methods });
    }
  } catch (error) {
    told.failure = String(error?.message ?? error).split('\\n')[0];
  }
  try {
    told.testing = import.meta.resolve(specifier + '/testing');
  } catch {}
  process.send(told, () => process.exit());
`;

/** Looks a contract up in an installed package, or says why it cannot be had. */
export async function findContract(options: FindContractOptions): Promise<FoundContract | Problem> {
  const { specifier, capability, directory, signal } = options;
  const args = ['--input-type=module', '--eval', source, specifier];
  const { message } = await askChild(args, { directory, timeoutMs, signal });
  const told = message as Exports | undefined; // The source above sends nothing else.
  if (!told || told.failure !== undefined) {
    const finding = told?.failure ?? 'importing it ended the process';
    return problem('AUTHORING_CONTRACT_UNREADABLE', { specifier, finding });
  }
  const found = told.tokens.find(({ id }) => id === capability);
  if (!found) {
    const exported = told.tokens.map(({ id }) => id);
    return problem('AUTHORING_CONTRACT_ABSENT', { specifier, capability, exported });
  }
  const home = await packageOf(fileURLToPath(told.entry));
  const suite =
    told.testing === undefined ? undefined : await suiteIn(fileURLToPath(told.testing), found.name);
  return { specifier, package: home, token: found.name, methods: found.methods, ...(suite && { suite }) };
}

/** The package that a file belongs to. */
async function packageOf(file: string): Promise<FoundContract['package']> {
  for (let folder = path.dirname(file); path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version } = JSON.parse(await readFile(manifest, 'utf8')) as Partial<
      FoundContract['package']
    >;
    if (name !== undefined && version !== undefined) return { name, version };
  }
  return { name: file, version: '*' };
}

/** Suites are imported by test runners only, so their names are read from the text of the entry. */
async function suiteIn(file: string, token: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  const names = [...(await readFile(file, 'utf8')).matchAll(/\bdescribe\w*Contract\b/g)].map(
    ([name]) => name,
  );
  return names.includes(`describe${token}Contract`) ? `describe${token}Contract` : names[0];
}
