import { defineErrors } from '@tiercel/kernel';

/** No text holds an address that a caller gave, or that a server led to: it is an argument of a tool, and those are private. */
export const HttpError = defineErrors('HttpError', {
  HTTP_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
    `The configuration of tools-http cannot be used: ${d.findings.join('; ')}. Correct these keys in the manifest.`,
  /** Nothing was sent there. */
  HTTP_ADDRESS_REFUSED: (d: { finding: string }) =>
    `The address is refused: ${d.finding}. Choose an address that this node may fetch, or change hosts, plainHttp or privateRanges of tools-http.`,
});
