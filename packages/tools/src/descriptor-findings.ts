import type { ToolDescriptor, ToolLimits } from '@tiercel/capabilities/tool-provider';
import { parameterFindings } from './parameter-findings.js';

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
    tool.server === undefined || (typeof tool.server === 'string' && !tool.isLocalOnly),
    'it is local only and yet has a server',
  );
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
  return [...findings, ...parameterFindings(tool.parameters)];
}

export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(name);
}
