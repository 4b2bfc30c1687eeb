import { ToolError } from '@tiercel/capabilities/tool-provider';
import type { RegistryCallOptions } from '@tiercel/capabilities/tool-registry';

export const MAX_HOPS = 3;

/** Options of a call after a look at them: what comes from other machines is bounded and printable. */
export interface CallFacts extends RegistryCallOptions {
  readonly caller: string;
  readonly hops: number;
}

const named = ['caller', 'requestId', 'turnId', 'approval', 'idempotencyKey'] as const;

/** Throws `TOOL_OPTIONS_INVALID` or `TOOL_HOPS_EXCEEDED`. */
export function readCallFacts(tool: string, options: RegistryCallOptions): CallFacts {
  for (const name of named) {
    const value = options[name];
    if (value !== undefined && !/^[\x20-\x7e]{1,128}$/.test(value)) {
      const finding = `its ${name} is not 1 to 128 printable ASCII characters`;
      throw new ToolError('TOOL_OPTIONS_INVALID', { tool, finding });
    }
  }
  const { hops = 0, caller = 'unknown', traceparent } = options;
  if (!Number.isSafeInteger(hops) || hops < 0) {
    throw new ToolError('TOOL_OPTIONS_INVALID', { tool, finding: 'its hops are not a whole number' });
  }
  if (hops > MAX_HOPS) throw new ToolError('TOOL_HOPS_EXCEEDED', { tool, hops, maxHops: MAX_HOPS });
  return { ...options, hops, caller, traceparent: isTraceparent(traceparent) ? traceparent : undefined };
}

/** W3C Trace Context: one that does not look like this is ignored. */
function isTraceparent(value: string | undefined): boolean {
  return value !== undefined && /^[0-9a-f]{2}(?:-[0-9a-f]+){3}$/.test(value) && value.length <= 128;
}
