import { readFile } from 'node:fs/promises';
import { WorldModelError } from '@tiercel/capabilities/world-model';
import type { Seed } from './seed.js';

const MAX_BYTES = 4 * 1024 * 1024;

/** Adds the contents of a YAML file to `seed`; findings name its lines. */
export async function readSeedFile(file: string, seed: Seed, signal?: AbortSignal): Promise<void> {
  const refuse = (finding: string, cause?: unknown) =>
    new WorldModelError('WORLD_MODEL_SEED_INVALID', { source: file, findings: [finding] }, { cause });
  let text: string;
  try {
    text = await readFile(file, { encoding: 'utf8', signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw refuse(`it cannot be read (${String((error as { code?: unknown }).code)})`, error);
  }
  if (text.length > MAX_BYTES) throw refuse(`it has more than ${MAX_BYTES} characters`);

  const { isNode, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings];
  for (const problem of problems) {
    seed.findings.push(`line ${lines.linePos(problem.pos[0]).line}: ${problem.message}`);
  }
  if (problems.length > 0) return;
  let contents: unknown;
  try {
    contents = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw refuse('its aliases (*name) refer to nothing or multiply without end', error);
  }
  seed.addDocument(contents, (path) => {
    // A field that an item inherits has no node of its own: then the line of the nearest node above is given.
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return `line ${lines.linePos(node.range[0]).line}`;
    }
    return 'line 1';
  });
}
