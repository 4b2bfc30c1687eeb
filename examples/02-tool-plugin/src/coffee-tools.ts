import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';

const strengths = ['mild', 'strong'] as const;

/** Makes coffee on request and counts the cups. */
export class CoffeeTools implements ToolProvider {
  readonly #largestOrder: number;
  #cups = 0;

  constructor(largestOrder: number) {
    this.#largestOrder = largestOrder;
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return [
      {
        name: 'make_coffee',
        description: 'Makes cups of coffee.',
        parameters: {
          type: 'object',
          additionalProperties: false,
          properties: {
            cups: { type: 'integer', minimum: 1 },
            strength: { type: 'string', enum: [...strengths] },
          },
          required: ['cups'],
        },
        effect: 'write',
        weight: 'light',
        policy: 'allow',
        slots: { cups: 'number' },
        // With these sentences the command works without any model.
        phrases: { en: { templates: ['(make|brew) [me|us] {cups} [{strength}] (coffee|coffees)'] } },
      },
      {
        name: 'count_coffee',
        description: 'Tells how many cups were made since the start.',
        parameters: { type: 'object', additionalProperties: false, properties: {} },
        effect: 'read',
        weight: 'light',
        phrases: { en: { templates: ['how many coffees did (i|we) have'] } },
      },
    ];
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    if (name === 'count_coffee') return { content: this.#cups, spoken: `${plural(this.#cups)} so far.` };
    if (name !== 'make_coffee') throw new ToolError('TOOL_UNKNOWN', { tool: name });
    // The registry has checked both against the schema.
    const cups = args['cups'] as number;
    const strength = (args['strength'] as string | undefined) ?? 'mild';
    if (cups > this.#largestOrder) {
      throw new ToolError('TOOL_FAILED', {
        tool: name,
        finding: `the machine makes at most ${this.#largestOrder} at once`,
      });
    }
    this.#cups += cups;
    return { content: { cups, strength }, spoken: `${plural(cups)} coming up, ${strength}.` };
  }
}

function plural(cups: number): string {
  return cups === 1 ? '1 coffee' : `${cups} coffees`;
}
