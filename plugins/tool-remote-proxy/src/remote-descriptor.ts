import type { Tool } from '@modelcontextprotocol/client';
import type {
  JsonSchema,
  SlotSource,
  ToolDescriptor,
  ToolEffect,
  ToolLimits,
  ToolPhrases,
  ToolPolicy,
} from '@tiercel/capabilities/tool-provider';
import { metaKeys } from '@tiercel/tools/meta-keys';
import { boundedParameters } from './bounded-parameters.js';

/** A tool of the server, as it is offered here. */
export interface RemoteTool {
  readonly descriptor: ToolDescriptor;
  /** As the server listed it. */
  readonly listed: Tool;
  /** Its server is a node of ours: it knows idempotency keys, hops and our errors. */
  readonly isOurs: boolean;
}

export interface DescriptorRules {
  /** Stands before every name. */
  readonly prefix: string;
  /** How the server is called in descriptors. */
  readonly server: string;
  /** Longest call of a tool whose server sets no limit. */
  readonly callTimeoutMs: number;
  policyOf(name: string): ToolPolicy | undefined;
}

const MAX_DESCRIPTION_CHARS = 4_000;
const MAX_TIMEOUT_MS = 600_000;
const MAX_OUTPUT_BYTES = 2 ** 20;
const MAX_CONCURRENCY = 64;
const MAX_LANGUAGES = 32;
const MAX_TEMPLATES = 100;
const MAX_TEMPLATE_CHARS = 500;
const MAX_SLOTS = 64;

const effects: readonly ToolEffect[] = ['read', 'write', 'destructive'];
const slotSources: readonly SlotSource[] = ['device', 'number', 'duration', 'expression', 'text'];

/**
 * What a listed tool is here, or why it cannot be offered. Everything a server says is a claim: it is bounded, and none of
 * it is permission. A server that says nothing of ours gets a descriptor on the careful side.
 */
export function describeRemote(
  listed: Tool,
  rules: DescriptorRules,
): RemoteTool | { readonly finding: string } {
  const ours = asObject(listed._meta?.[metaKeys.descriptor]);
  const name = rules.prefix + (ours ? listed.name : localName(listed.name));
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) return { finding: 'its name does not fit' };
  const parameters = boundedParameters(listed.inputSchema);
  if (!parameters) return { finding: 'its parameters are too large' };
  // Nobody there can be asked by us, so such a call could never succeed.
  if (ours && (ours['policy'] === 'ask' || ours['policy'] === 'deny'))
    return { finding: `its server has the policy ${ours['policy']} for it` };
  const shared = {
    name,
    description: cleanLine(listed.description ?? '', MAX_DESCRIPTION_CHARS) || `Tool ${name}.`,
    parameters,
    server: rules.server,
  };
  const policy = rules.policyOf(name);
  const descriptor = ours
    ? { ...shared, ...claimed(ours, parameters, rules), ...(policy && { policy }) }
    : { ...shared, ...guessed(listed, rules), policy: policy ?? 'ask' };
  return { descriptor, listed, isOurs: ours !== undefined };
}

/** Of a server that is not ours: whatever it does not deny may change things, and nothing may be repeated. */
function guessed({ annotations }: Tool, { callTimeoutMs }: DescriptorRules) {
  const { readOnlyHint, destructiveHint } = annotations ?? {};
  const effect: ToolEffect = readOnlyHint ? 'read' : destructiveHint ? 'destructive' : 'write';
  return { effect, weight: 'heavy', idempotent: false, limits: { timeoutMs: callTimeoutMs } } as const;
}

function claimed(
  ours: Readonly<Record<string, unknown>>,
  parameters: JsonSchema,
  { callTimeoutMs }: DescriptorRules,
): Omit<ToolDescriptor, 'name' | 'description' | 'parameters'> {
  const { effect, weight, idempotent } = ours;
  const isKnownEffect = effects.some((known) => known === effect);
  const phrases = phrasesOf(ours['phrases'], parameters);
  const slots = phrases && slotsOf(ours['slots'], parameters);
  const legacy = legacyOf(ours['legacy']);
  return {
    effect: isKnownEffect ? (effect as ToolEffect) : 'write',
    weight: weight === 'light' ? 'light' : 'heavy',
    idempotent: idempotent === true,
    limits: limitsOf(ours['limits'], callTimeoutMs),
    ...(phrases && { phrases }),
    ...(slots && { slots }),
    ...(legacy && { legacy }),
  };
}

function limitsOf(given: unknown, callTimeoutMs: number): ToolLimits {
  const limits = asObject(given) ?? {};
  const within = (name: keyof ToolLimits, otherwise: number, max: number) => {
    const value = limits[name];
    return Number.isSafeInteger(value) && Number(value) > 0 ? Math.min(Number(value), max) : otherwise;
  };
  return {
    timeoutMs: within('timeoutMs', callTimeoutMs, MAX_TIMEOUT_MS),
    outputBytes: within('outputBytes', 65_536, MAX_OUTPUT_BYTES),
    concurrency: within('concurrency', 4, MAX_CONCURRENCY),
  };
}

/** All languages, or none: half of what a tool can be told would be worse than asking the model. */
function phrasesOf(
  given: unknown,
  parameters: JsonSchema,
): Readonly<Record<string, ToolPhrases>> | undefined {
  const languages = Object.entries(asObject(given) ?? {});
  if (languages.length === 0 || languages.length > MAX_LANGUAGES) return undefined;
  const phrases: [string, ToolPhrases][] = [];
  for (const [language, value] of languages) {
    const { templates, answer } = asObject(value) ?? {};
    const texts = Array.isArray(templates) && templates.length <= MAX_TEMPLATES ? templates : undefined;
    const isText = (text: unknown): text is string =>
      typeof text === 'string' && text.length <= MAX_TEMPLATE_CHARS && namesKnownArguments(text, parameters);
    if (!/^[a-z]{2,3}$/.test(language) || !texts?.every(isText)) return undefined;
    if (answer !== undefined && !isText(answer)) return undefined;
    phrases.push([language, { templates: texts, ...(answer !== undefined && { answer }) }]);
  }
  return Object.fromEntries(phrases);
}

function namesKnownArguments(text: string, { properties }: JsonSchema): boolean {
  const known = asObject(properties) ?? {};
  return Array.from(text.matchAll(/\{\s*([^}:\s]+)/g), (match) => match[1] ?? '').every((name) =>
    Object.hasOwn(known, name),
  );
}

function slotsOf(
  given: unknown,
  { properties }: JsonSchema,
): Readonly<Record<string, SlotSource>> | undefined {
  const known = asObject(properties) ?? {};
  const slots = Object.entries(asObject(given) ?? {}).filter(
    (entry): entry is [string, SlotSource] =>
      Object.hasOwn(known, entry[0]) && slotSources.some((source) => source === entry[1]),
  );
  return slots.length > 0 && slots.length <= MAX_SLOTS ? Object.fromEntries(slots) : undefined;
}

function legacyOf(given: unknown): ToolDescriptor['legacy'] {
  const { tool, method } = asObject(given) ?? {};
  const isName = (name: unknown): name is string => typeof name === 'string' && /^[\w.-]{1,64}$/.test(name);
  return isName(tool) && isName(method) ? { tool, method } : undefined;
}

/** Others use capitals, dots and hyphens, which the chat APIs do not all take. */
function localName(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '');
}

function cleanLine(text: string, maxChars: number): string {
  return text
    .slice(0, maxChars)
    .replace(/[^\P{C}\n]|[\u2028\u2029]/gu, ' ')
    .trim();
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
