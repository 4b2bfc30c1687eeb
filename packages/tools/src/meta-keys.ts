/** Our own fields in `_meta` of MCP messages: what two nodes tell each other and the protocol has no word for. */
export const metaKeys = {
  /** Of a listed tool: what its plugin declared, apart from name, description and parameters. */
  descriptor: 'tiercel/descriptor',
  /** Of a result that is an error: `{ code, id, retryable, details }`. */
  error: 'tiercel/error',
  /** Of a call: how many nodes it has passed. */
  hop: 'tiercel/hop',
  idempotencyKey: 'tiercel/idempotencyKey',
  /** Of a call: the language that `spoken` should have. */
  language: 'tiercel/language',
  /** Of a progress notification: part of the result, as any JSON. */
  part: 'tiercel/part',
  /** Of a result: a sentence to say as it is. */
  spoken: 'tiercel/spoken',
} as const;
