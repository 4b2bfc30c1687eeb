import { copyWorldValue, type WorldObservation, worldLimits } from '@tiercel/capabilities/world-model';
import { isTiercelError } from '@tiercel/kernel';
import { CliError } from '../errors.js';
import { parseJsonObject } from '../json-object.js';
import { boundedLines } from './bounded-lines.js';

export interface ImportLine {
  /** From 1. */
  readonly number: number;
  readonly observation: WorldObservation;
}

/** A value whose characters are all escaped, and what stands beside it. */
const MAX_LINE_BYTES = 6 * worldLimits.valueBytes + 4_096;
const MAX_FINDINGS = 50;
/** Who observed what came without a name. */
const ORIGIN = 'import';

const fields = new Set([
  'key',
  'value',
  'origin',
  'timeMs',
  'hlc',
  'ttlMs',
  'revision',
  'epoch',
  'isPending',
  'isStale',
]);

/** Reads a whole file for nothing but what is wrong with it. Throws `CLI_IMPORT_INVALID` with all of that together. */
export async function checkImport(file: string, signal: AbortSignal): Promise<void> {
  const findings: string[] = [];
  let wrong = 0;
  const lineOfKey = new Map<string, number>();
  const refuse = (number: number, finding: string) => {
    wrong += 1;
    if (findings.length < MAX_FINDINGS) findings.push(`line ${number}: ${finding}`);
  };
  for await (const line of parsedLines(file, signal)) {
    if ('finding' in line) {
      refuse(line.number, line.finding);
      continue;
    }
    const { number, observation } = line;
    const earlier = lineOfKey.get(observation.key);
    if (earlier !== undefined) refuse(number, `its key stands in line ${earlier} already`);
    else lineOfKey.set(observation.key, number);
  }
  if (wrong > 0) throw new CliError('CLI_IMPORT_INVALID', { file, findings, more: wrong - findings.length });
}

/** Lines of a file that was checked. */
export async function* importLines(
  file: string,
  signal: AbortSignal,
): AsyncGenerator<ImportLine, void, undefined> {
  for await (const line of parsedLines(file, signal)) {
    if (!('finding' in line)) yield line;
    else
      throw new CliError('CLI_IMPORT_INVALID', {
        file,
        findings: [`line ${line.number}: ${line.finding}`],
        more: 0,
      });
  }
}

async function* parsedLines(file: string, signal: AbortSignal) {
  try {
    for await (const { number, text } of boundedLines(file, { maxBytes: MAX_LINE_BYTES, signal })) {
      if (text === undefined) yield { number, finding: `it is longer than ${MAX_LINE_BYTES} bytes` };
      else if (text.trim() !== '') yield { number, ...parseLine(text) };
    }
  } catch (cause) {
    signal.throwIfAborted();
    const finding = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('CLI_FILES_UNUSABLE', { findings: [`${file}: ${finding}`] }, { cause });
  }
}

function parseLine(text: string): { readonly observation: WorldObservation } | { readonly finding: string } {
  const parsed = parseJsonObject(text);
  if ('finding' in parsed) return parsed;
  const { value: line } = parsed;
  if (!Object.hasOwn(line, 'value')) return { finding: 'it has no "value"' };
  const unknown = Object.keys(line).find((name) => !fields.has(name));
  if (unknown !== undefined) return { finding: `it has an unknown field ${JSON.stringify(unknown)}` };
  const { key, value, origin = ORIGIN, timeMs, hlc, ttlMs } = line;
  if (typeof key !== 'string') return { finding: 'its "key" is not text' };
  if (typeof origin !== 'string' || origin === '') return { finding: 'its "origin" is not text' };
  // The world model itself checks all that is optional, whatever it is.
  const observation = { key, value, origin, timeMs, hlc, ttlMs } as WorldObservation;
  try {
    copyWorldValue(observation);
  } catch (error) {
    if (!isTiercelError(error)) throw error;
    return { finding: String(error.details['finding']) };
  }
  return { observation };
}
