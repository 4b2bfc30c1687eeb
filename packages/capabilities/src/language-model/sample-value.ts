import type { JsonSchema } from '../tool-provider/index.js';

/** A small value that fits a plain schema: the first choice of everything. Enough for what fakes are asked. */
export function sampleValue(schema: JsonSchema): unknown {
  const { type, properties, items } = schema;
  if ('const' in schema) return schema['const'];
  for (const key of ['enum', 'oneOf', 'anyOf']) {
    const choices = schema[key];
    if (Array.isArray(choices)) return key === 'enum' ? choices[0] : sampleValue(choices[0]);
  }
  switch (Array.isArray(type) ? type[0] : type) {
    case 'object':
      return Object.fromEntries(
        Object.entries((properties ?? {}) as Readonly<Record<string, JsonSchema>>).map(([name, part]) => [
          name,
          sampleValue(part),
        ]),
      );
    case 'array':
      return Array.from({ length: Number(schema['minItems'] ?? 0) }, () => sampleValue(items as JsonSchema));
    case 'string':
      return 'a'.repeat(Number(schema['minLength'] ?? 1));
    case 'number':
    case 'integer':
      return Number(schema['minimum'] ?? 0);
    case 'boolean':
      return true;
    default:
      return null;
  }
}
