import { defineCapability } from '@tiercel/kernel';
import type {
  ToolCallOptions,
  ToolDescriptor,
  ToolLimits,
  ToolPolicy,
  ToolResult,
} from '../tool-provider/index.js';

/** A tool as callers see it: what its plugin declared, with the owner's policy and every default filled in. */
export interface ListedTool extends ToolDescriptor {
  readonly policy: ToolPolicy;
  readonly limits: ToolLimits;
  readonly idempotent: boolean;
}

export interface RegistryCallOptions extends ToolCallOptions {
  /** Who asks: `assistant`, `mcp:kitchen`. Approvals and idempotency keys count for one caller only. Default: the plugin that calls. */
  readonly caller?: string | undefined;
  /** Of the request that this call belongs to, for the audit log. */
  readonly requestId?: string | undefined;
  /** Calls of one turn carry the same id; the third equal one is refused with `TOOL_REPEATED`. */
  readonly turnId?: string | undefined;
  /** A person is there: a tool whose policy is `ask` fails with `TOOL_APPROVAL_NEEDED` and not with `TOOL_DENIED`. */
  readonly canAsk?: boolean | undefined;
  /** Id of a `TOOL_APPROVAL_NEEDED` to which the person said yes. Good once, for the same caller, tool and arguments. */
  readonly approval?: string | undefined;
}

/** The one door to all tools of a node: every caller, local or remote, meets the same rules in the same order. */
export interface ToolRegistry {
  /** All tools on offer right now, by name. Throws `TOOL_NAME_DUPLICATE` or `TOOL_DESCRIPTOR_INVALID`. */
  list(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly ListedTool[]>;
  /**
   * Looks the tool up, applies its policy, checks the arguments, waits for a free place, runs it within its time and
   * cleans what it returns; each call is in the audit log. Throws errors of the `TOOL_*` catalogue, the reason of an
   * aborted `signal`, or what the tool threw from another catalogue. With an `idempotencyKey`, a call that has begun
   * is done once, and a repeated one gets its result or its error.
   */
  call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options?: RegistryCallOptions,
  ): Promise<ToolResult>;
  /** The person said no, or nothing in time. Unknown ids are ignored. */
  refuse(approval: string, options?: { readonly caller?: string | undefined }): Promise<void>;
}

export const ToolRegistry = defineCapability<ToolRegistry>()({
  id: 'tool-registry',
  version: '1.0.0',
  methods: { list: 'unary', call: 'unary', refuse: 'unary' },
  view: (registry, { plugin }) => ({
    list: (options) => registry.list(options),
    call: (name, args, options) =>
      registry.call(name, args, { ...options, caller: options?.caller ?? plugin }),
    refuse: (approval, options) => registry.refuse(approval, { caller: options?.caller ?? plugin }),
  }),
});
