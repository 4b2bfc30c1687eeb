import type { JsonSchema } from '@tiercel/capabilities/tool-provider';

const MAX_DEPTH = 24;
const MAX_PARTS = 2_000;
const MAX_STRING_CHARS = 20_000;
/** Longest text argument where the server sets no bound. */
const DEFAULT_MAX_LENGTH = 10_000;

/**
 * The schema of a tool's arguments as a registry takes it: an object without further properties, whose strings have a
 * bound. The server checks the call again by its own schema. `undefined` if it is too large to be looked at.
 */
export function boundedParameters(schema: Readonly<Record<string, unknown>>): JsonSchema | undefined {
  const budget = { parts: MAX_PARTS };
  try {
    const { $schema: _, ...copy } = asNode(bounded(schema, 0, budget));
    return { ...copy, type: 'object', additionalProperties: false };
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

function bounded(value: unknown, depth: number, budget: { parts: number }): unknown {
  budget.parts -= 1;
  if (depth > MAX_DEPTH || budget.parts < 0) throw new TooLarge();
  if (typeof value === 'string' && value.length > MAX_STRING_CHARS) throw new TooLarge();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => bounded(item, depth + 1, budget));
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, bounded(member, depth + 1, budget)]),
  );
  return isUnboundedString(copy) ? { ...copy, maxLength: DEFAULT_MAX_LENGTH } : copy;
}

function isUnboundedString(node: Readonly<Record<string, unknown>>): boolean {
  const types = [node['type']].flat();
  return types.includes('string') && !['maxLength', 'enum', 'const'].some((key) => Object.hasOwn(node, key));
}

/** Copies of objects are objects. */
function asNode(copy: unknown): Readonly<Record<string, unknown>> {
  return copy as Readonly<Record<string, unknown>>;
}
