import { isTiercelError } from '@tiercel/kernel';

const AWAY: ReadonlySet<string> = new Set(['TOOL_REMOTE_MISSING', 'KERNEL_PROVIDER_NOT_READY']);

/** Whether a tool failed because what it needs is away, and not for a reason of its own: the same call may succeed later. */
export function isOutOfReach(error: unknown): boolean {
  if (!isTiercelError(error)) return false;
  return AWAY.has(error.code) || (error.retryable && error.code !== 'TOOL_BUSY');
}
