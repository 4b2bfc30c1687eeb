import { defineErrors } from '@tiercel/kernel';

export const GatewayError = defineErrors(
  'GatewayError',
  {
    GATEWAY_KEY_REQUIRED: (d: { group: string; address: string; variable: string }) =>
      `The ${d.group} group would be open to whoever reaches ${d.address}. Set ${d.variable}, or take ${d.group} out of groups.`,
    GATEWAY_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
      `The configuration of the gateway cannot be used: ${d.findings.join('; ')}. Mend these keys.`,
    GATEWAY_LISTEN_FAILED: (d: { address: string; finding: string }) =>
      `The gateway cannot listen on ${d.address}: ${d.finding}. Stop what uses this address, or set another one.`,
    GATEWAY_TLS_INVALID: (d: { finding: string }) =>
      `Certificate and key cannot be used: ${d.finding}. Check tlsCertFile and tlsKeyFile.`,

    GATEWAY_REQUEST_INVALID: (d: { findings: readonly string[]; param?: string | undefined }) =>
      `The request is not valid: ${d.findings.join('; ')}. Mend it and send it again.`,
    GATEWAY_VALUE_UNSUPPORTED: (d: { finding: string; param: string }) =>
      `This server cannot do that: ${d.finding}. Leave ${d.param} out or change it.`,
    GATEWAY_HOST_REFUSED: (_: object) =>
      'The Host header names a host that this server does not answer for. Use its address, or add the name to allowedHosts.',
    GATEWAY_ORIGIN_REFUSED: (_: object) =>
      'Pages of this origin may not use the server. Add the origin to GATEWAY_ALLOWED_ORIGINS.',
    GATEWAY_KEY_MISSING: (_: object) => 'A key is needed. Send it as "Authorization: Bearer <key>".',
    GATEWAY_KEY_WRONG: (_: object) => 'The server does not know this key. Ask its operator for one.',
    GATEWAY_SCOPE_MISSING: (d: { scope: string }) =>
      `The key is not good for ${d.scope}. Ask the operator of the server to add it to keyScopes.`,
    GATEWAY_RATE_LIMITED: (d: { perMinute: number; retryAfterSeconds: number }) =>
      `More than ${d.perMinute} requests a minute. Try again in ${d.retryAfterSeconds} s.`,
    GATEWAY_BODY_TOO_LARGE: (d: { limitBytes: number }) =>
      `The body is longer than ${d.limitBytes} bytes. Send less.`,
    GATEWAY_BODY_UNSUPPORTED: (d: { finding: string }) =>
      `The body cannot be read: ${d.finding}. Send JSON in UTF-8, uncompressed, with "Content-Type: application/json".`,
    GATEWAY_ROUTE_UNKNOWN: (_: object) =>
      'There is nothing under this path. Check it, and whether the server is the one you mean.',
    GATEWAY_METHOD_WRONG: (d: { allowed: readonly string[] }) =>
      `This path does not take that method. Use ${d.allowed.join(' or ')}.`,
    GATEWAY_FIELDS_INVALID: (d: { findings: readonly string[] }) =>
      `The request can be read, but not carried out: ${d.findings.join('; ')}. Mend it and send it again.`,
    GATEWAY_VALUE_TOO_LARGE: (d: { bytes: number; limitBytes: number }) =>
      `The value has ${d.bytes} bytes as JSON, and at most ${d.limitBytes} are stored. Store less, or where the rest is.`,
    GATEWAY_ENTRY_UNKNOWN: (_: object) =>
      'The world model has nothing under this key. See GET /v1/entries for what there is.',
    GATEWAY_ROUTE_GONE: (_: object) =>
      'This path started jobs for whoever reached it, and is gone. Offer such a job as a tool, under a policy.',
    GATEWAY_WATCHES_BUSY: (d: { limit: number }) =>
      `All ${d.limit} places to watch the world model are taken. Try again later, or raise maxWatches.`,
    GATEWAY_ANSWER_UNFINISHED: (d: { model: string }) =>
      `Model ${d.model} stopped in the middle of its answer. Ask again.`,
    GATEWAY_TURN_LOST: (d: { outcome: string }) =>
      `The assistant did not answer: ${d.outcome}. Say it again.`,
    GATEWAY_SESSIONS_BUSY: (d: { limit: number }) =>
      `All ${d.limit} sessions are talking. Try again later, or leave the header Tiercel-Session out.`,
    GATEWAY_DRAINING: (_: object) =>
      'The server is stopping. Send the request again to another one, or later.',
    GATEWAY_CLIENT_GONE: (_: object) => 'The client closed the connection. Nothing to do.',
    GATEWAY_CLIENT_SLOW: (d: { waitedMs: number }) =>
      `The client has read nothing for ${d.waitedMs} ms, so its answer was ended. Read the answer while it arrives.`,
    GATEWAY_NODE_SILENT: (d: { waitedMs: number }) =>
      `The node said nothing about itself for ${d.waitedMs} ms. See its log.`,
    GATEWAY_FAILED: (d: { id: string }) =>
      `The server failed. Its log has the reason under request ${d.id}; try again, or ask its operator.`,
  },
  {
    retryable: [
      'GATEWAY_RATE_LIMITED',
      'GATEWAY_ANSWER_UNFINISHED',
      'GATEWAY_TURN_LOST',
      'GATEWAY_SESSIONS_BUSY',
      'GATEWAY_WATCHES_BUSY',
      'GATEWAY_DRAINING',
      'GATEWAY_NODE_SILENT',
    ],
  },
);
