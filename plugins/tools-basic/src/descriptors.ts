import type { ToolDescriptor, ToolPhrases, ToolPolicy } from '@tiercel/capabilities/tool-provider';
import { languages, type ToolName } from './languages/index.js';
import { timerLimits } from './timer-record.js';
import { unitNames } from './units.js';

const unit = { type: 'string', enum: unitNames };
const name = {
  type: 'string',
  minLength: 1,
  maxLength: timerLimits.nameLength,
  description: 'What the timer is for, for example pizza',
};

const declared: readonly (Omit<ToolDescriptor, 'weight' | 'policy' | 'phrases' | 'isLocalOnly' | 'legacy'> & {
  readonly name: ToolName;
})[] = [
  { name: 'get_time', description: 'Tells the time of day.', parameters: object({}), effect: 'read' },
  {
    name: 'get_date',
    description: 'Tells the day of the week and the date of today.',
    parameters: object({}),
    effect: 'read',
  },
  {
    name: 'calculate',
    description: 'Works out arithmetic, for example "3 + 4 * 2" or "sqrt(16)".',
    parameters: object({ expression: { type: 'string', minLength: 1, maxLength: 200 } }, ['expression']),
    effect: 'read',
    slots: { expression: 'expression' },
  },
  {
    name: 'convert_units',
    description: 'Converts an amount from one unit to another, for example 5 mile to kilometer.',
    parameters: object({ value: { type: 'number' }, from: unit, to: unit }, ['value', 'from', 'to']),
    effect: 'read',
    slots: { value: 'number' },
  },
  {
    name: 'set_timer',
    description: 'Starts a timer.',
    parameters: object({ seconds: { type: 'number', minimum: 1, maximum: timerLimits.seconds }, name }, [
      'seconds',
    ]),
    effect: 'write',
    slots: { seconds: 'duration', name: 'text' },
  },
  {
    name: 'list_timers',
    description: 'Tells which timers run and how much time is left.',
    parameters: object({}),
    effect: 'read',
  },
  {
    name: 'cancel_timer',
    description: 'Cancels the timer, the one with this name, or all timers.',
    parameters: object({ name, all: { type: 'boolean' } }),
    effect: 'write',
    slots: { name: 'text' },
  },
];

/** @param policy for the tools that change something, which here are only timers */
export function describeTools(policy: ToolPolicy): readonly ToolDescriptor[] {
  return declared.map((tool) => ({
    ...tool,
    weight: 'light',
    // Its clock and its time zone are those of the node that was asked, and so are its timers.
    isLocalOnly: true,
    legacy: { tool: 'basic', method: tool.name },
    ...(tool.effect !== 'read' && { policy }),
    phrases: Object.fromEntries(
      languages.map(({ tag, phrases }): [string, ToolPhrases] => [tag, phrases[tool.name]]),
    ),
  }));
}

function object(properties: object, required: readonly string[] = []): ToolDescriptor['parameters'] {
  return { type: 'object', additionalProperties: false, properties, required };
}
