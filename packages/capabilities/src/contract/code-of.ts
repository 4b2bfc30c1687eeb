/** The code of the error that a call ended with. */
export function codeOf(result: PromiseSettledResult<unknown> | undefined): unknown {
  return result?.status === 'rejected' ? (result.reason as { readonly code?: unknown }).code : 'no error';
}
