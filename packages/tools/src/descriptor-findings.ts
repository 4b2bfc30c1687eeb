import type { ToolDescriptor, ToolLimits } from '@tiercel/capabilities/tool-provider';

const limitNames: readonly (keyof ToolLimits)[] = ['timeoutMs', 'outputBytes', 'concurrency'];

/** Everything about a declared tool that is wrong, apart from whether its schema compiles. */
export function descriptorFindings(tool: ToolDescriptor): readonly string[] {
  const findings: string[] = [];
  const demand = (isMet: boolean, finding: string) => {
    if (!isMet) findings.push(finding);
  };
  demand(isToolName(tool.name), 'its name is not [a-z][a-z0-9_]{0,63}');
  demand(typeof tool.description === 'string' && tool.description.trim() !== '', 'it has no description');
  demand(
    ['read', 'write', 'destructive'].includes(tool.effect),
    'its effect is not read, write or destructive',
  );
  demand(['light', 'heavy'].includes(tool.weight), 'its weight is not light or heavy');
  demand(
    tool.policy === undefined || ['allow', 'ask', 'deny'].includes(tool.policy),
    'its policy is not allow, ask or deny',
  );
  for (const name of limitNames) {
    const limit = tool.limits?.[name];
    demand(
      limit === undefined || (Number.isSafeInteger(limit) && limit > 0),
      `its limit ${name} is not a whole number above 0`,
    );
  }
  const { parameters } = tool;
  if (typeof parameters !== 'object' || parameters === null) return [...findings, 'it has no parameters'];
  demand(parameters.type === 'object', 'its parameters are not of type object');
  demand(parameters.additionalProperties === false, 'its parameters allow further properties');
  return [...findings, ...unboundedStrings(parameters, [])];
}

export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(name);
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
