import type { JsonSchema } from '@tiercel/capabilities/tool-provider';

const MAX_BYTES = 65_536;
const MAX_DEPTH = 32;
const MAX_NODES = 4_096;

/** Names that reach into every object where code forgets to ask for own members. */
const inheritedNames = new Set(['__proto__', 'constructor', 'prototype']);

/** Keywords whose cost is not a small multiple of the size of the arguments. */
const costlyKeywords = new Set([
  '$ref',
  '$dynamicRef',
  'pattern',
  'patternProperties',
  'propertyNames',
  'format',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'contains',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'uniqueItems',
]);

/** Why this schema is not even looked at closely: it is huge, or made to reach what every object has. */
export function schemaFindings(schema: JsonSchema): readonly string[] {
  const size = measure(schema);
  if (size.depth > MAX_DEPTH) return [`its parameters are more than ${MAX_DEPTH} levels deep`];
  if (size.nodes > MAX_NODES) return [`its parameters have more than ${MAX_NODES} parts`];
  if (size.bytes > MAX_BYTES) return [`its parameters have more than ${MAX_BYTES} bytes`];
  return argumentNames(schema)
    .filter((name) => inheritedNames.has(name))
    .map((name) => `an argument is called ${name}`);
}

/** Whether checking arguments may take long, even if they are small. */
export function isCostly(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(([key, value]) => costlyKeywords.has(key) || isCostly(value));
}

interface Size {
  depth: number;
  nodes: number;
  bytes: number;
}

/** Stops as soon as a bound is passed, so a bomb costs no more than a schema of full size. */
function measure(root: unknown): Size {
  const size: Size = { depth: 0, nodes: 0, bytes: 0 };
  const visit = (value: unknown, depth: number) => {
    size.depth = Math.max(size.depth, depth);
    size.nodes += 1;
    if (typeof value === 'string') size.bytes += value.length;
    if (typeof value !== 'object' || value === null) return;
    if (size.depth > MAX_DEPTH || size.nodes > MAX_NODES || size.bytes > MAX_BYTES) return;
    for (const [key, member] of Object.entries(value)) {
      size.bytes += key.length;
      visit(member, depth + 1);
    }
  };
  visit(root, 0);
  return size;
}

/** Of the call itself and of every object in it. */
function argumentNames(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const isObject = typeof value === 'object' && value !== null;
    const names = keyword === 'properties' && isObject ? Object.keys(value) : [];
    const required = keyword === 'required' && Array.isArray(value) ? value.filter(isText) : [];
    return [...names, ...required, ...argumentNames(value)];
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
