import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Problem } from '@tiercel/kernel';
import { type Answer, type AskOptions, askChild } from '../ask-child.js';
import { problem } from '../problems.js';
import type { Inspection } from './inspection.js';
import type { Judgement } from './judge-plugin.js';

// A child runs the built file, also when these sources are tested.
const childFile = fileURLToPath(new URL('../../dist/build/inspect-in-child.js', import.meta.url));

/** Imports a module in a process of its own, which shows what importing it does, and judges what it exports. */
export async function inspectModule(module: string, options: AskOptions): Promise<Judgement> {
  const answer = await askChild([childFile, pathToFileURL(module).href], options);
  const inspection = answer.message as Inspection | undefined; // Our own child sends nothing else.
  const { file } = inspection ?? {};
  const problems = [...endProblems(answer, options), ...(inspection ? problemsOf(inspection) : [])];
  if (answer.output !== '') {
    problems.push(problem('AUTHORING_IMPORT_OUTPUT', { text: JSON.stringify(answer.output) }));
  }
  return { ...(file && { file }), problems };
}

function* endProblems(answer: Answer, { timeoutMs: waitedMs }: AskOptions): Generator<Problem> {
  if (answer.isLate) yield problem('AUTHORING_IMPORT_LATE', { waitedMs });
  else if (!answer.message) yield problem('AUTHORING_IMPORT_ENDED', { finding: endOf(answer) });
}

function* problemsOf(inspection: Inspection): Generator<Problem> {
  const { nativeFiles: files, running: resources, globals: names, listeners: events, failure } = inspection;
  // A module that could not load its native code fails because we did not let it.
  if (files.length > 0) yield problem('AUTHORING_IMPORT_NATIVE', { files });
  else if (failure !== undefined) yield problem('AUTHORING_IMPORT_FAILED', { finding: failure });
  if (resources.length > 0) yield problem('AUTHORING_IMPORT_RUNNING', { resources });
  if (names.length > 0) yield problem('AUTHORING_IMPORT_GLOBALS', { names });
  if (events.length > 0) yield problem('AUTHORING_IMPORT_LISTENERS', { events });
  yield* inspection.problems;
}

/** Node ends with 13 when the top level of a module waits for something that nobody settles. */
function endOf({ exitCode, signalCode }: Answer): string {
  if (signalCode !== null) return `it was killed by ${signalCode}`;
  return exitCode === 13 ? 'its top level waits for something that never comes' : `exit code ${exitCode}`;
}
