import type { Absence, Jail } from './jail.js';
import { decode, readBytes } from './read-text.js';
import { type Walked, walk } from './walk.js';

const MAX_ENTRIES = 100_000;
const MAX_MATCHES = 100;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const EXCERPT_CHARACTERS = 200;

export interface SearchBounds {
  readonly signal: AbortSignal;
  /** Whether the time for searching is over; what was found until then is the result. */
  readonly isLate: () => boolean;
}

export interface NameSearch {
  readonly paths: readonly string[];
  /** Whether everything was looked at. */
  readonly isComplete: boolean;
}

export interface TextMatch {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

export interface TextSearch {
  readonly matches: readonly TextMatch[];
  readonly isComplete: boolean;
}

/** Files and folders below `from` whose names `fits` accepts. */
export async function searchNames(
  jail: Jail,
  from: string,
  fits: (name: string) => boolean,
  bounds: SearchBounds,
): Promise<NameSearch | Absence> {
  const paths: string[] = [];
  const end = await visitAll(jail, from, bounds, async ({ name, path }) => {
    if (fits(name)) paths.push(path);
    return paths.length < MAX_MATCHES;
  });
  return 'finding' in end ? end : { paths, ...end };
}

/** Lines of text files below `from` that hold `text`, capitals or not. */
export async function searchText(
  jail: Jail,
  from: string,
  text: string,
  bounds: SearchBounds,
): Promise<TextSearch | Absence> {
  const needle = text.toLowerCase();
  const matches: TextMatch[] = [];
  let hasSkipped = false;
  const end = await visitAll(jail, from, bounds, async ({ path, isFile }) => {
    if (!isFile) return true;
    const content = await readWhole(jail, path);
    if (content === 'too-large') hasSkipped = true;
    if (content === undefined || content === 'too-large') return true;
    for (const [index, line] of content.text.split('\n').entries()) {
      const found = line.toLowerCase().indexOf(needle);
      if (found === -1) continue;
      matches.push({ path, line: index + 1, text: excerpt(line, found) });
      if (matches.length === MAX_MATCHES) return false;
    }
    return true;
  });
  return 'finding' in end ? end : { matches, isComplete: end.isComplete && !hasSkipped };
}

/** Visits until `visit` says no, or a bound is reached. */
async function visitAll(
  jail: Jail,
  from: string,
  { signal, isLate }: SearchBounds,
  visit: (entry: Walked) => Promise<boolean>,
): Promise<Absence | { readonly isComplete: boolean }> {
  let seen = 0;
  const goesOn = () => {
    seen += 1;
    return seen <= MAX_ENTRIES && !isLate();
  };
  const entries = walk(jail, from, { signal, goesOn });
  try {
    for (let step = await entries.next(); ; step = await entries.next()) {
      if (step.done) return step.value;
      if (!(await visit(step.value))) return { isComplete: false };
      signal.throwIfAborted();
    }
  } finally {
    await entries.return({ isComplete: false });
  }
}

/** Nothing for what is not text, or went away. */
async function readWhole(
  jail: Jail,
  path: string,
): Promise<{ readonly text: string } | 'too-large' | undefined> {
  const file = await jail.open(path, 'file');
  if ('finding' in file) return undefined;
  await using opened = file;
  if (opened.sizeBytes > MAX_FILE_BYTES) return 'too-large';
  const bytes = await readBytes(opened.handle, 0, opened.sizeBytes);
  return bytes.includes(0) ? undefined : { text: decode(bytes) };
}

function excerpt(line: string, found: number): string {
  const start = Math.max(0, Math.min(found - EXCERPT_CHARACTERS / 4, line.length - EXCERPT_CHARACTERS));
  return line
    .slice(start, start + EXCERPT_CHARACTERS)
    .replace(halvesOfCharacters, '')
    .trim();
}

const halvesOfCharacters = /\p{Cs}/gu;
