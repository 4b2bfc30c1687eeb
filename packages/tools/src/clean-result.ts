import { ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { capText } from './cap-text.js';
import { cleanText } from './clean-text.js';

const MAX_SPOKEN_BYTES = 4_096;

/**
 * Makes a result safe to log, store and hand to a model: JSON only, clean strings, at most `outputBytes`.
 * Structured content that is larger becomes its JSON text, shortened in the middle.
 */
export function cleanResult(tool: string, result: ToolResult, outputBytes: number): ToolResult {
  const { spoken } = result;
  const content = cleanContent(tool, result.content, outputBytes);
  if (spoken === undefined) return { content };
  const sentence = capText(
    cleanText(String(spoken)).replace(/\s+/g, ' ').trim(),
    Math.min(outputBytes, MAX_SPOKEN_BYTES),
  );
  return sentence === '' ? { content } : { content, spoken: sentence };
}

function cleanContent(tool: string, content: unknown, outputBytes: number): unknown {
  if (typeof content === 'string') return capText(cleanText(content), outputBytes);
  let json: string | undefined;
  try {
    json = JSON.stringify(content ?? null, (_, value: unknown) =>
      typeof value === 'string' ? cleanText(value) : value,
    );
  } catch (cause) {
    throw new ToolError('TOOL_FAILED', { tool, finding: 'its result is not JSON' }, { cause });
  }
  if (json === undefined) throw new ToolError('TOOL_FAILED', { tool, finding: 'its result is not JSON' });
  if (Buffer.byteLength(json) > outputBytes) return capText(json, outputBytes);
  return JSON.parse(json) as unknown;
}
