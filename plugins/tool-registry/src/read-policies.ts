import type { ToolEffect, ToolPolicy } from '@tiercel/capabilities/tool-provider';
import { ToolRegistryError } from './errors.js';

type YamlMap = Readonly<Record<string, unknown>>;

/** Reads both maps of the configuration. Throws `TOOL_POLICY_INVALID` with everything that is wrong. */
export function readPolicies(config: { readonly policy: YamlMap; readonly effectPolicy: YamlMap }): {
  readonly policy: Readonly<Record<string, ToolPolicy>>;
  readonly effectPolicy: Partial<Readonly<Record<ToolEffect, ToolPolicy>>>;
} {
  const policy = Object.entries(config.policy);
  const effectPolicy = Object.entries(config.effectPolicy);
  const findings = [
    ...policy.filter(([name]) => !isRule(name)).map(([name]) => `policy: "${name}" is no name of a tool`),
    ...effectPolicy
      .filter(([name]) => !isEffect(name))
      .map(([name]) => `effectPolicy: "${name}" is no effect`),
    ...[...policy, ...effectPolicy]
      .filter(([, value]) => !isPolicy(value))
      .map(([name]) => `"${name}" has none of allow, ask, deny`),
  ];
  if (findings.length > 0) throw new ToolRegistryError('TOOL_POLICY_INVALID', { findings });
  return {
    policy: Object.fromEntries(policy.filter(hasPolicy)),
    effectPolicy: Object.fromEntries(effectPolicy.filter(hasPolicy)),
  };
}

function hasPolicy(entry: readonly [string, unknown]): entry is [string, ToolPolicy] {
  return isPolicy(entry[1]);
}

function isRule(name: string): boolean {
  return /^(?:[a-z][a-z0-9_]{0,63}|(?:[a-z][a-z0-9_]{0,62})?\*)$/.test(name);
}

function isEffect(name: string): name is ToolEffect {
  return name === 'read' || name === 'write' || name === 'destructive';
}

function isPolicy(value: unknown): value is ToolPolicy {
  return value === 'allow' || value === 'ask' || value === 'deny';
}
