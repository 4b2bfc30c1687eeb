import type {
  ToolDescriptor,
  ToolLimits,
  ToolPolicy,
  ToolProvider,
} from '@tiercel/capabilities/tool-provider';
import type { ArgumentCheck } from './argument-check.js';
import { Lane } from './lane.js';

const defaultLimits: ToolLimits = { timeoutMs: 30_000, outputBytes: 65_536, concurrency: 4 };

/** A tool as the registry knows it: its declaration, and what was made from that. */
export interface RegisteredTool {
  readonly descriptor: ToolDescriptor;
  readonly plugin: string;
  readonly provider: ToolProvider;
  readonly limits: ToolLimits;
  readonly policy: ToolPolicy;
  readonly idempotent: boolean;
  /** What is wrong with these arguments; empty if nothing is. */
  readonly check: ArgumentCheck;
  readonly lane: Lane;
}

export function registerTool(
  descriptor: ToolDescriptor,
  source: { readonly plugin: string; readonly provider: ToolProvider },
  policy: ToolPolicy,
  check: ArgumentCheck,
): RegisteredTool {
  const limits = { ...defaultLimits, ...descriptor.limits };
  return {
    descriptor,
    plugin: source.plugin,
    provider: source.provider,
    limits,
    policy,
    idempotent: descriptor.idempotent ?? descriptor.effect === 'read',
    check,
    lane: new Lane(descriptor.name, limits.concurrency),
  };
}
