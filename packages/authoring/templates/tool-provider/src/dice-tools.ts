import { randomInt } from 'node:crypto';
import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';

/** Rolls dice. Each result is as likely as any other, and depends on none before. */
export class DiceTools implements ToolProvider {
  readonly #largestRoll: number;

  constructor(largestRoll: number) {
    this.#largestRoll = largestRoll;
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return [
      {
        name: 'roll_dice',
        description: 'Rolls dice with six sides and tells what each shows.',
        parameters: {
          type: 'object',
          additionalProperties: false,
          properties: { count: { type: 'integer', minimum: 1 } },
        },
        effect: 'read',
        weight: 'light',
        idempotent: false,
        slots: { count: 'number' },
        // With these sentences the command works without any model.
        phrases: { en: { templates: ['roll [a] (die|dice)', 'roll {count} dice'] } },
      },
    ];
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    { signal }: ToolCallOptions = {},
  ): Promise<ToolResult> {
    signal?.throwIfAborted();
    if (name !== 'roll_dice') throw new ToolError('TOOL_UNKNOWN', { tool: name });
    // The registry has checked it against the schema.
    const { count = 1 } = args as { readonly count?: number };
    if (count > this.#largestRoll) {
      const finding = `it rolls at most ${this.#largestRoll} dice at once`;
      throw new ToolError('TOOL_FAILED', { tool: name, finding });
    }
    const dice = Array.from({ length: count }, () => randomInt(1, 7));
    return { content: dice, spoken: `${dice.join(', ')}.` };
  }
}
