import { type ToolCallOptions, ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { isTiercelError } from '@tiercel/kernel';
import { cleanResult } from './clean-result.js';
import { type Delay, withDeadline } from './deadline.js';
import type { RegisteredTool } from './registered-tool.js';

/** One call on its way to its tool. */
export interface PendingCall {
  readonly tool: RegisteredTool;
  readonly args: Readonly<Record<string, unknown>>;
  readonly options: ToolCallOptions;
  readonly delay: Delay;
}

/** One station of every call: it refuses, or goes on with `next` and may treat what comes back. */
export type Step = (call: PendingCall, next: () => Promise<ToolResult>) => Promise<ToolResult>;

export const checkPolicy: Step = async ({ tool }, next) => {
  if (tool.policy === 'allow') return next();
  throw new ToolError('TOOL_DENIED', { tool: tool.descriptor.name, policy: tool.policy });
};

export const checkArguments: Step = async ({ tool, args }, next) => {
  const findings = tool.check(args);
  if (findings.length === 0) return next();
  throw new ToolError('TOOL_ARGUMENTS_INVALID', { tool: tool.descriptor.name, findings });
};

export const cleanOutput: Step = async ({ tool }, next) =>
  cleanResult(tool.descriptor.name, await next(), tool.limits.outputBytes);

/** Waits for a free place no longer than the tool may run, then runs it within its time. */
export const runInLane: Step = async ({ tool, args, options, delay }) => {
  const { descriptor, lane, limits, provider } = tool;
  const { name } = descriptor;
  const leave = await withDeadline(
    { delay, signal: options.signal, timeoutMs: limits.timeoutMs, onTimeout: () => lane.busy() },
    (signal) => lane.enter(signal),
  );
  return withDeadline(
    {
      delay,
      signal: options.signal,
      timeoutMs: limits.timeoutMs,
      onTimeout: () => new ToolError('TOOL_TIMEOUT', { tool: name, timeoutMs: limits.timeoutMs }),
    },
    async (signal) => {
      try {
        return await provider.call(name, args, { ...options, signal });
      } catch (error) {
        if (signal.aborted || isTiercelError(error)) throw error;
        throw new ToolError(
          'TOOL_FAILED',
          { tool: name, finding: 'an unexpected error, see the log' },
          { cause: error },
        );
      } finally {
        // A tool that ignores its signal keeps its place until it is really done.
        leave();
      }
    },
  );
};

/** All stations in order. Approval and audit belong between `checkArguments` and `cleanOutput`. */
export const pipeline: readonly Step[] = [checkPolicy, checkArguments, cleanOutput, runInLane];

export function runPipeline(steps: readonly Step[], call: PendingCall): Promise<ToolResult> {
  const [step, ...rest] = steps;
  // The last station answers itself and never asks for a next one.
  return step ? step(call, () => runPipeline(rest, call)) : Promise.resolve({ content: null });
}
