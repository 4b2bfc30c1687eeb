import { schemaFindings } from './schema-findings.js';

/** What the registry refuses about the schema of a tool's arguments, apart from whether it compiles. */
export function parameterFindings(parameters: unknown): readonly string[] {
  if (!isMap(parameters)) return ['it has no parameters'];
  const bombs = schemaFindings(parameters);
  if (bombs.length > 0) return bombs;
  return [
    ...(parameters.type === 'object' ? [] : ['its parameters are not of type object']),
    ...(parameters.additionalProperties === false ? [] : ['its parameters allow further properties']),
    ...unboundedStrings(parameters, []),
  ];
}

function unboundedStrings(schema: unknown, path: readonly string[]): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const isUnbounded =
    'type' in schema &&
    [schema.type].flat().includes('string') &&
    !['maxLength', 'enum', 'const'].some((keyword) => Object.hasOwn(schema, keyword));
  const below = Object.entries(schema).flatMap(([key, value]) => unboundedStrings(value, [...path, key]));
  return isUnbounded ? [`the string ${path.join('.')} has no maxLength`, ...below] : below;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
