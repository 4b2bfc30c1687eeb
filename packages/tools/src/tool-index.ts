import { isDeepStrictEqual } from 'node:util';
import {
  type ToolDescriptor,
  ToolError,
  type ToolPolicy,
  type ToolProvider,
} from '@tiercel/capabilities/tool-provider';
import { compileArgumentCheck } from './argument-check.js';
import { descriptorFindings } from './descriptor-findings.js';
import { type ExecutionMode, type Placing, placeTool } from './execution-mode.js';
import type { PolicyRules } from './policy-rules.js';
import { type RegisteredTool, registerTool } from './registered-tool.js';

/** A provider and the plugin it came from. */
export interface ToolSource {
  readonly plugin: string;
  readonly provider: ToolProvider;
}

export interface ListedSource extends ToolSource {
  readonly tools: readonly ToolDescriptor[];
}

type Side = ReadonlyMap<string, RegisteredTool>;

/** All tools of one moment by name. */
export interface ToolIndex {
  /** Those that may be called, in the order of their names. */
  readonly tools: ReadonlyMap<string, Placing<RegisteredTool>>;
  /** Names that exist but do not run in this mode. */
  readonly withheld: ReadonlySet<string>;
  /** What other machines declare wrongly: their tools are left out. */
  readonly findings: readonly string[];
  readonly here: Side;
  readonly remote: Side;
}

export const emptyIndex: ToolIndex = {
  tools: new Map(),
  withheld: new Set(),
  findings: [],
  here: new Map(),
  remote: new Map(),
};

/**
 * Makes the index. A tool that has not changed since `previous` keeps its state, so that calls that run and wait still
 * count. Throws `TOOL_DESCRIPTOR_INVALID` or `TOOL_NAME_DUPLICATE`.
 */
export function indexTools(
  sources: readonly ListedSource[],
  previous: ToolIndex,
  rules: { readonly mode: ExecutionMode; readonly policies: PolicyRules },
): ToolIndex {
  const here = new Map<string, RegisteredTool>();
  const remote = new Map<string, RegisteredTool>();
  const findings: string[] = [];
  for (const { tools, ...source } of sources) {
    for (const descriptor of tools) {
      const isRemote = descriptor.server !== undefined;
      const side = isRemote ? remote : here;
      const other = side.get(descriptor.name);
      if (other) {
        const plugins = [other.plugin, source.plugin];
        throw new ToolError('TOOL_NAME_DUPLICATE', { tool: descriptor.name, plugins });
      }
      const known = (isRemote ? previous.remote : previous.here).get(descriptor.name);
      try {
        side.set(descriptor.name, knownOrNew(known, descriptor, source, rules.policies));
      } catch (error) {
        // One bad tool of another machine must not take all others away.
        if (!isRemote || !(error instanceof ToolError)) throw error;
        findings.push(error.message);
      }
    }
  }
  return { ...placeTools(rules.mode, here, remote), findings, here, remote };
}

function placeTools(mode: ExecutionMode, here: Side, remote: Side): Pick<ToolIndex, 'tools' | 'withheld'> {
  const tools = new Map<string, Placing<RegisteredTool>>();
  const withheld = new Set<string>();
  for (const name of [...new Set([...here.keys(), ...remote.keys()])].sort()) {
    const placing = placeTool(mode, here.get(name), remote.get(name));
    if (placing) tools.set(name, withOnePolicy(placing));
    else withheld.add(name);
  }
  return { tools, withheld };
}

/** The stricter one, so that it does not matter to the policy which of the two runs. */
function withOnePolicy({ tool, standIn }: Placing<RegisteredTool>): Placing<RegisteredTool> {
  if (!standIn) return { tool };
  const policy =
    strictness.indexOf(standIn.policy) > strictness.indexOf(tool.policy) ? standIn.policy : tool.policy;
  return { tool: { ...tool, policy }, standIn };
}

const strictness: readonly ToolPolicy[] = ['allow', 'ask', 'deny'];

function knownOrNew(
  known: RegisteredTool | undefined,
  descriptor: ToolDescriptor,
  source: ToolSource,
  policies: PolicyRules,
): RegisteredTool {
  const isKnown = known?.provider === source.provider && isDeepStrictEqual(known.descriptor, descriptor);
  return isKnown ? known : checkAndRegister(descriptor, source, policies);
}

function checkAndRegister(
  descriptor: ToolDescriptor,
  source: ToolSource,
  policies: PolicyRules,
): RegisteredTool {
  const { plugin } = source;
  const tool = String(descriptor.name).slice(0, 64);
  const findings = descriptorFindings(descriptor);
  if (findings.length > 0) {
    throw new ToolError('TOOL_DESCRIPTOR_INVALID', { plugin, tool, finding: findings.join(', ') });
  }
  try {
    const check = compileArgumentCheck(descriptor.parameters, { isStrict: descriptor.server === undefined });
    return registerTool(descriptor, source, policies.policyOf(descriptor), check);
  } catch (cause) {
    const finding = `its schema does not compile (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new ToolError('TOOL_DESCRIPTOR_INVALID', { plugin, tool, finding }, { cause });
  }
}
