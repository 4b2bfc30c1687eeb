import type { JsonSchema, SlotSource } from '@tiercel/capabilities/tool-provider';
import type { SettingsReader } from '@tiercel/tools/settings-reader';

const LONGEST_WORD = 8_192;

export type ParameterType = 'string' | 'integer' | 'number' | 'boolean';

/** One typed argument of an operator's command. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly description: string | undefined;
  readonly isRequired: boolean;
  readonly default: string | number | boolean | undefined;
  readonly choices: readonly string[] | undefined;
  /** Fits the whole value. */
  readonly pattern: RegExp | undefined;
  readonly minLength: number;
  readonly maxLength: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Whether a word may begin with `-`, and so be taken for an option. */
  readonly allowsDash: boolean;
  readonly slot: SlotSource | undefined;
}

export function readParameter(name: string, settings: SettingsReader): Parameter {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
    settings.findings.push(`${settings.where}: the name is not letters, digits and underscores`);
  const type = settings.choice('type', ['string', 'integer', 'number', 'boolean']) ?? 'string';
  const isNumber = type === 'integer' || type === 'number';
  const bounds = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
  const minimum = isNumber ? (settings.number('minimum', bounds) ?? 0) : 0;
  const maximum = isNumber ? (settings.number('maximum', bounds) ?? bounds.max) : 0;
  if (isNumber && minimum > maximum) settings.wrong('minimum', 'is larger than the maximum');
  const isString = type === 'string';
  const fallback = settings.raw('default');
  const parameter: Parameter = {
    name,
    type,
    description: settings.text('description'),
    isRequired: fallback === undefined && (settings.flag('required') ?? true),
    default: undefined,
    choices: isString ? settings.texts('enum') : undefined,
    pattern: isString ? readPattern(settings) : undefined,
    minLength: isString ? (settings.whole('minLength', { min: 0, max: LONGEST_WORD }) ?? 1) : 0,
    maxLength: isString ? (settings.whole('maxLength', { min: 1, max: LONGEST_WORD }) ?? 200) : 0,
    minimum,
    maximum,
    allowsDash: isString ? (settings.flag('allowLeadingDash') ?? false) : minimum < 0,
    slot: settings.choice('slot', ['device', 'number', 'duration', 'expression', 'text']),
  };
  settings.done();
  if (fallback === undefined) return parameter;
  const finding = findingOf(parameter, fallback);
  if (finding !== undefined) settings.wrong('default', finding);
  // Just checked: it has the type of the parameter.
  return { ...parameter, default: fallback as string | number | boolean };
}

export function schemaOf(parameter: Parameter): JsonSchema {
  const { type, description, choices, pattern, minLength, maxLength, minimum, maximum } = parameter;
  return {
    type,
    ...(description !== undefined && { description }),
    ...(parameter.default !== undefined && { default: parameter.default }),
    ...(type === 'string' && (choices ? { enum: choices } : { minLength, maxLength })),
    ...(pattern && { pattern: pattern.source }),
    ...((type === 'integer' || type === 'number') && { minimum, maximum }),
  };
}

/** What is wrong with a value; never the value itself. */
export function findingOf(parameter: Parameter, value: unknown): string | undefined {
  const { type, choices, pattern, minLength, maxLength, minimum, maximum } = parameter;
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'is not true or false';
  if (type !== 'string') {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'is not a number';
    if (type === 'integer' && !Number.isSafeInteger(value)) return 'is not a whole number';
    return value < minimum || value > maximum ? `is not from ${minimum} to ${maximum}` : undefined;
  }
  if (typeof value !== 'string') return 'is not a text';
  // NUL, CR and LF above all: no shell can quote the first, and logs and protocols are made of lines.
  if (/[^\P{Cc}\t]|\p{Cs}/u.test(value)) return 'has control characters';
  if (choices) return choices.includes(value) ? undefined : 'is not one of the allowed values';
  if (value.length < minLength || value.length > maxLength)
    return `does not have ${minLength} to ${maxLength} characters`;
  return pattern && !pattern.test(value) ? 'does not have the form that is asked for' : undefined;
}

function readPattern(settings: SettingsReader): RegExp | undefined {
  const source = settings.text('pattern');
  if (source === undefined) return undefined;
  try {
    return new RegExp(`^(?:${source})$`, 'u');
  } catch {
    settings.wrong('pattern', 'is not a regular expression');
    return undefined;
  }
}
