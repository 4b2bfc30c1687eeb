import type { ToolCallOptions } from '@tiercel/capabilities/tool-provider';
import { metaKeys } from '@tiercel/tools/meta-keys';

/** Where a request says something that cannot be, and what. */
export type CallMeta =
  | Pick<ToolCallOptions, 'hops' | 'idempotencyKey' | 'language' | 'traceparent'>
  | { readonly finding: string };

/** Reads what callers send along with a call. Trace context is worth nothing when it is broken, so that is only left out. */
export function parseCallMeta(given: Readonly<Record<string, unknown>> = {}): CallMeta {
  const {
    traceparent,
    [metaKeys.hop]: hops = 0,
    [metaKeys.idempotencyKey]: key,
    [metaKeys.language]: language,
  } = given;
  if (typeof hops !== 'number' || !Number.isSafeInteger(hops) || hops < 0)
    return { finding: `${metaKeys.hop} is not a whole number` };
  if (key !== undefined && !matches(key, /^[\x20-\x7e]{1,128}$/))
    return { finding: `${metaKeys.idempotencyKey} is not 1 to 128 printable characters` };
  if (language !== undefined && !matches(language, /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/))
    return { finding: `${metaKeys.language} is not a language tag` };
  return {
    hops,
    ...(key !== undefined && { idempotencyKey: key }),
    ...(language !== undefined && { language }),
    ...(matches(traceparent, /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/) && { traceparent }),
  };
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
