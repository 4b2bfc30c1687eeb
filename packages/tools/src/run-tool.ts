import type { Log } from '@tiercel/capabilities/log';
import { type ToolCallOptions, ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { isTiercelError } from '@tiercel/kernel';
import { boundedProgress } from './bounded-progress.js';
import { cleanFinding } from './clean-result.js';
import { type Delay, withDeadline } from './deadline.js';
import type { PendingCall } from './pending-call.js';
import type { RegisteredTool } from './registered-tool.js';

export interface RunToolOptions {
  readonly delay: Delay;
  readonly log: Pick<Log, 'warn'> | undefined;
}

/** Runs the tool, or the one of the same name on this node when its server is out of reach. */
export async function runTool(call: PendingCall, options: RunToolOptions): Promise<ToolResult> {
  const { tool, standIn, args, audit, signal } = call;
  try {
    return await runInLane(tool, call, options);
  } catch (error) {
    const canStandIn = standIn !== undefined && !signal?.aborted && isOutOfReach(error, tool);
    if (!canStandIn || standIn.check(args).length > 0) throw error;
    audit.standIn();
    return runInLane(standIn, call, options);
  }
}

/** Waits for a free place no longer than the tool may run, then runs it within its time. */
async function runInLane(
  tool: RegisteredTool,
  call: PendingCall,
  { delay, log }: RunToolOptions,
): Promise<ToolResult> {
  const { descriptor, lane, limits, provider } = tool;
  const { name } = descriptor;
  const { timeoutMs } = limits;
  const leave = await withDeadline(
    { delay, signal: call.signal, timeoutMs, onTimeout: () => lane.busy() },
    (signal) => lane.enter(signal),
  );
  return withDeadline(
    {
      delay,
      signal: call.signal,
      timeoutMs,
      onTimeout: () => new ToolError('TOOL_TIMEOUT', { tool: name, timeoutMs }),
    },
    async (signal) => {
      try {
        call.begin();
        return await provider.call(name, call.args, optionsFor(call, tool, signal));
      } catch (error) {
        if (signal.aborted) throw error;
        throw toldFailure(error, call, tool, log);
      } finally {
        // A tool that ignores its signal keeps its place until it is really done.
        leave();
      }
    },
  );
}

/** What a tool may know of its call; approvals and callers are the registry's. */
function optionsFor(call: PendingCall, tool: RegisteredTool, signal: AbortSignal): ToolCallOptions {
  const { language, progress, idempotencyKey, hops, traceparent } = call.facts;
  return {
    language,
    idempotencyKey,
    hops,
    traceparent,
    signal,
    progress: progress && boundedProgress(progress, tool.limits.outputBytes),
  };
}

/** What a tool says about its own failure is told; an exception stays in the log, where its id leads to it. */
function toldFailure(
  error: unknown,
  call: PendingCall,
  tool: RegisteredTool,
  log: Pick<Log, 'warn'> | undefined,
): unknown {
  const { name } = tool.descriptor;
  if (isTiercelError(error, 'TOOL_FAILED')) {
    return new ToolError('TOOL_FAILED', { tool: name, finding: cleanFinding(error.details['finding']) });
  }
  if (isTiercelError(error)) return error;
  log?.warn('a tool broke', { tool: name, from: tool.plugin, call: call.id, private: { error } });
  return new ToolError('TOOL_FAILED', {
    tool: name,
    finding: `an unexpected error, see ${call.id} in the log`,
  });
}

/** Whether nothing was run there, or running it again changes nothing more. */
function isOutOfReach(error: unknown, tool: RegisteredTool): boolean {
  if (!isTiercelError(error)) return false;
  if (notRun.has(error.code)) return true;
  return tool.idempotent && error.retryable && !busy.has(error.code);
}

const notRun: ReadonlySet<string> = new Set(['TOOL_SERVER_UNREACHABLE', 'KERNEL_PROVIDER_NOT_READY']);
/** It is there, and has enough to do. */
const busy: ReadonlySet<string> = new Set(['TOOL_BUSY', 'TOOL_SERVER_BUSY']);
