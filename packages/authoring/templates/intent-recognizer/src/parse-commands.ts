import type { Intent } from '@tiercel/capabilities/intent-recognizer';
import { SentenceError } from './errors.js';

/** Reads `commands` of the configuration. Throws `SENTENCES_INVALID` with all that is wrong with them. */
export function parseCommands(commands: Readonly<Record<string, unknown>>): readonly Intent[] {
  const findings: string[] = [];
  const intents = Object.entries(commands).map(([phrase, value]): Intent => {
    const { tool = '', args = {}, answer } = Object(value) as Partial<Intent>;
    if (typeof tool !== 'string' || tool === '') findings.push(`"${phrase}" names no tool`);
    if (typeof args !== 'object' || Array.isArray(args)) findings.push(`args of "${phrase}" are not a map`);
    if (answer !== undefined && typeof answer !== 'string')
      findings.push(`answer of "${phrase}" is not a text`);
    return { phrase, tool, args, ...(answer !== undefined && { answer }) };
  });
  if (findings.length > 0) throw new SentenceError('SENTENCES_INVALID', { findings });
  return intents;
}
