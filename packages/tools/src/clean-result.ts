import { ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { capText } from './cap-text.js';
import { cleanEnds } from './clean-text.js';
import { jsonTextOf } from './json-text.js';

const MAX_SPOKEN_BYTES = 4_096;
const MAX_FINDING_BYTES = 1_024;

/**
 * Makes a result safe to log, store and hand to a model: JSON only, clean strings, at most `outputBytes` and 2,000 lines.
 * Structured content that is larger becomes its JSON text, shortened in the middle. Takes no more memory than what is kept.
 */
export async function cleanResult(
  tool: string,
  result: ToolResult,
  outputBytes: number,
): Promise<ToolResult> {
  // A plugin without types may return anything.
  const { content: raw, spoken }: Partial<ToolResult> = Object(result);
  const content = await cleanContent(tool, raw, outputBytes);
  if (spoken === undefined) return { content };
  const sentence = oneLine(String(spoken), Math.min(outputBytes, MAX_SPOKEN_BYTES));
  return sentence === '' ? { content } : { content, spoken: sentence };
}

/** Why a tool failed, as it may be told to a model. */
export function cleanFinding(finding: unknown): string {
  return oneLine(String(finding), MAX_FINDING_BYTES);
}

async function cleanContent(tool: string, content: unknown, outputBytes: number): Promise<unknown> {
  if (typeof content === 'string') return cleanEnds(content, outputBytes);
  const json = await jsonTextOf(content, outputBytes);
  if (json === undefined) throw new ToolError('TOOL_FAILED', { tool, finding: 'its result is not JSON' });
  return json.isWhole ? (JSON.parse(json.text) as unknown) : json.text;
}

function oneLine(text: string, maxBytes: number): string {
  return capText(cleanEnds(text, maxBytes).replace(/\s+/g, ' ').trim(), maxBytes).replace(/\s+/g, ' ');
}
