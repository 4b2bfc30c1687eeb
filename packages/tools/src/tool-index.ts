import { isDeepStrictEqual } from 'node:util';
import { type ToolDescriptor, ToolError, type ToolProvider } from '@tiercel/capabilities/tool-provider';
import { compileArgumentCheck } from './argument-check.js';
import { descriptorFindings } from './descriptor-findings.js';
import { type RegisteredTool, registerTool } from './registered-tool.js';

/** A provider and the plugin it came from. */
export interface ToolSource {
  readonly plugin: string;
  readonly provider: ToolProvider;
}

export interface ListedSource extends ToolSource {
  readonly tools: readonly ToolDescriptor[];
}

/**
 * Makes the index of all tools by name. A tool that has not changed since `previous` keeps its state, so that calls
 * that run and wait still count. Throws `TOOL_DESCRIPTOR_INVALID` or `TOOL_NAME_DUPLICATE`.
 */
export function indexTools(
  sources: readonly ListedSource[],
  previous: ReadonlyMap<string, RegisteredTool>,
): ReadonlyMap<string, RegisteredTool> {
  const index = new Map<string, RegisteredTool>();
  for (const { plugin, provider, tools } of sources) {
    for (const descriptor of tools) {
      const { name } = descriptor;
      const other = index.get(name);
      if (other) throw new ToolError('TOOL_NAME_DUPLICATE', { tool: name, plugins: [other.plugin, plugin] });
      const known = previous.get(name);
      const isKnown = known?.provider === provider && isDeepStrictEqual(known.descriptor, descriptor);
      index.set(name, isKnown ? known : checkAndRegister(descriptor, plugin, provider));
    }
  }
  return index;
}

function checkAndRegister(
  descriptor: ToolDescriptor,
  plugin: string,
  provider: ToolProvider,
): RegisteredTool {
  const tool = String(descriptor.name).slice(0, 64);
  const findings = descriptorFindings(descriptor);
  if (findings.length > 0) {
    throw new ToolError('TOOL_DESCRIPTOR_INVALID', { plugin, tool, finding: findings.join(', ') });
  }
  try {
    return registerTool(descriptor, plugin, provider, compileArgumentCheck(descriptor.parameters));
  } catch (cause) {
    const finding = `its schema does not compile (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new ToolError('TOOL_DESCRIPTOR_INVALID', { plugin, tool, finding }, { cause });
  }
}
