import type { JsonSchema, ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import { MAX_PATH_LENGTH } from './parse-path.js';

export interface DescribedBounds {
  readonly timeoutMs: number;
  readonly maxReadBytes: number;
}

/** Tools over these folders. With a single folder nobody has to name it. */
export function describeTools(
  roots: readonly string[],
  { timeoutMs, maxReadBytes }: DescribedBounds,
): readonly ToolDescriptor[] {
  const places = `the folder${roots.length > 1 ? 's' : ''} ${roots.join(', ')}`;
  const root = { root: { type: 'string', enum: [...roots], description: 'Folder to look in' } };
  const tool = (
    name: string,
    description: string,
    properties: Readonly<Record<string, JsonSchema>>,
    required: readonly string[],
  ): ToolDescriptor => ({
    name,
    description,
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: { ...(roots.length > 1 && root), ...properties },
      required: [...(roots.length > 1 ? ['root'] : []), ...required],
    },
    effect: 'read',
    weight: 'light',
    // As JSON, text takes up to twice its bytes.
    limits: { timeoutMs, outputBytes: 2 * maxReadBytes + 4_096 },
  });
  const below = { path: text(MAX_PATH_LENGTH, 'Folder to begin in; default: all') };
  return [
    tool(
      'list_files',
      `Lists one folder of ${places}: names, types, sizes and times, 200 at a time.`,
      {
        path: text(MAX_PATH_LENGTH, 'Folder to list; default: the top'),
        after: text(255, 'For the next page: "next" of the page before'),
      },
      [],
    ),
    tool(
      'read_file',
      `Reads a text file in ${places}, up to ${maxReadBytes} bytes at a time.`,
      {
        path: { ...text(MAX_PATH_LENGTH, 'Path of the file'), minLength: 1 },
        offset: {
          type: 'integer',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'For the next page: "nextOffset" of the page before',
        },
      },
      ['path'],
    ),
    tool(
      'find_files',
      `Finds files and folders by name in ${places}.`,
      {
        name: { ...text(255, 'Part of the name, or a pattern with * and ?'), minLength: 1 },
        ...below,
      },
      ['name'],
    ),
    tool(
      'search_files',
      `Finds lines in the text files of ${places} that contain a text, capitals or not.`,
      { text: { ...text(200, 'Text to look for, as it stands in one line'), minLength: 1 }, ...below },
      ['text'],
    ),
  ];
}

function text(maxLength: number, description: string): JsonSchema {
  return { type: 'string', maxLength, description };
}
