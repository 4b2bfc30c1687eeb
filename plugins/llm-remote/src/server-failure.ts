import type { CallPhase } from './phase-timer.js';

/** How a server failed in a way that another server, or the same one later, may do better. */
export interface ServerFailure {
  /** For people; quotes nothing that the server wrote. */
  readonly finding: string;
  /** Whether this call may ask the same server again. */
  readonly canRepeat: boolean;
  /** The server asks to be left alone for so long. */
  readonly retryAfterMs?: number | undefined;
  /** Nobody answered: who answers next may be another server, with other models. */
  readonly isAway?: boolean | undefined;
  readonly timeout?: { readonly phase: CallPhase; readonly waitedMs: number } | undefined;
}

/** Ends one attempt. Never leaves the plugin: whoever asks for attempts turns it into an error of the contract. */
export class ServerFault extends Error {
  readonly failure: ServerFailure;

  constructor(failure: ServerFailure) {
    super(failure.finding);
    this.name = 'ServerFault';
    this.failure = failure;
  }
}

const findings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  EPROTO: 'it does not speak TLS as expected',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from an unknown authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** Waiting a moment changes none of these. */
const lasting = /CERT|ISSUER|VERIFY|EPROTO|ENOTFOUND|^HPE_|^ERR_TLS/;

/**
 * What an error of the HTTP client says about the server. Only its code is taken: the error itself holds headers with
 * credentials and bodies with speech.
 */
export function networkFailure(error: unknown): ServerFailure {
  const { code } = Object(error) as { readonly code?: unknown };
  if (typeof code !== 'string') return { finding: 'the connection failed', canRepeat: true, isAway: true };
  const isLasting = lasting.test(code);
  return {
    finding: `${findings[code] ?? 'the connection failed'} (${code})`,
    canRepeat: !isLasting,
    isAway: true,
  };
}

/** The caller has waited long enough for this server: others are asked, it is not. */
export function timeoutFailure(phase: CallPhase, waitedMs: number): ServerFailure {
  const finding = `no progress for ${waitedMs} ms (${phase})`;
  return { finding, canRepeat: false, isAway: phase === 'connect', timeout: { phase, waitedMs } };
}
