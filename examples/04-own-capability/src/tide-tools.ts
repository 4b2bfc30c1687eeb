import { Clock } from '@tiercel/capabilities/clock';
import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import { definePlugin, isTiercelError, provide } from '@tiercel/kernel';
import { type TideKind, Tides } from './tides.js';

const descriptor: ToolDescriptor = {
  name: 'tell_tide',
  description: 'Tells when the next high or low tide is in a harbour.',
  parameters: {
    type: 'object',
    additionalProperties: false,
    properties: {
      harbour: { type: 'string', minLength: 1, maxLength: 60 },
      kind: { type: 'string', enum: ['high', 'low'] },
    },
    required: ['harbour', 'kind'],
  },
  effect: 'read',
  weight: 'light',
  slots: { harbour: 'text' },
  phrases: { en: { templates: ['when is [next] {kind} (tide|water) (in|at) {harbour}'] } },
};

/** A consumer: it asks for tides and never learns who answers. */
class TideTools implements ToolProvider {
  readonly #tides: Tides;
  readonly #clock: Clock;

  constructor(tides: Tides, clock: Clock) {
    this.#tides = tides;
    this.#clock = clock;
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return [descriptor];
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    { signal }: ToolCallOptions = {},
  ): Promise<ToolResult> {
    if (name !== descriptor.name) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    // The registry has checked both against the schema.
    const kind = args['kind'] as TideKind;
    const harbour = capitalize(args['harbour'] as string);
    try {
      const tide = await this.#tides.next(harbour, { kind, fromMs: this.#clock.epochMs(), signal });
      const time = new Intl.DateTimeFormat('en', { timeStyle: 'short', timeZone: this.#clock.timeZone() });
      return {
        content: tide,
        spoken: `The next ${kind} tide in ${harbour} is at ${time.format(tide.atMs)}.`,
      };
    } catch (cause) {
      if (!isTiercelError(cause, 'TIDES_HARBOUR_UNKNOWN')) throw cause;
      throw new ToolError('TOOL_FAILED', { tool: name, finding: 'nobody knows that harbour' }, { cause });
    }
  }
}

/** Names come as they were heard, in lower case. */
function capitalize(name: string): string {
  return name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

export default definePlugin({
  name: 'tide-tools',
  version: '1.0.0',
  provides: { tools: provide(ToolProvider, { offline: true }) },
  requires: { tides: Tides, clock: Clock },
  setup: ({ deps }) => ({ tools: new TideTools(deps.tides, deps.clock) }),
});
