import type { RefusalReason } from './mqtt-state.js';

export type ConnectFailure =
  | { readonly type: 'away'; readonly finding: string }
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly finding: string }
  /** The broker does not speak this version of MQTT. */
  | { readonly type: 'version' };

/** Codes of CONNACK: up to 5 in MQTT 3.1.1, from 128 in MQTT 5. */
const refusals: ReadonlyMap<number, readonly [RefusalReason, string]> = new Map([
  [2, ['client-id', 'it does not take this MQTT_CLIENT_ID']],
  [4, ['login', 'MQTT_USERNAME or MQTT_PASSWORD is wrong']],
  [5, ['login', 'this user may not connect; set MQTT_USERNAME and MQTT_PASSWORD']],
  [133, ['client-id', 'it does not take this MQTT_CLIENT_ID']],
  [134, ['login', 'MQTT_USERNAME or MQTT_PASSWORD is wrong']],
  [135, ['login', 'this user may not connect; set MQTT_USERNAME and MQTT_PASSWORD']],
  [138, ['login', 'it has banned this client']],
  [140, ['login', 'it wants another way to log in']],
]);
const UNACCEPTABLE_VERSION = new Set([1, 132]);

const certificates: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet; compare the clocks'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host; correct MQTT_HOST'],
]);
const UNTRUSTED = 'its certificate is not signed by an authority that we trust; correct MQTT_CA_FILE';

/** What an error of the client means before the connection stands. */
export function toConnectFailure(error: unknown): ConnectFailure {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'number') {
    if (UNACCEPTABLE_VERSION.has(code)) return { type: 'version' };
    const refusal = refusals.get(code);
    if (refusal) return { type: 'refused', reason: refusal[0], finding: refusal[1] };
  }
  if (typeof code === 'string') {
    const certificate = certificates.get(code) ?? (isUntrusted(code) ? UNTRUSTED : undefined);
    if (certificate !== undefined) {
      return { type: 'refused', reason: 'certificate', finding: certificate };
    }
    if (/^ERR_SSL_.*ALERT|^ERR_SSL_.*CERTIFICATE/.test(code)) {
      return {
        type: 'refused',
        reason: 'certificate',
        finding: `it refused our side of TLS (${code}); correct MQTT_CERT_FILE and MQTT_KEY_FILE`,
      };
    }
    if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')) {
      return {
        type: 'refused',
        reason: 'certificate',
        finding: `TLS failed (${code}); compare MQTT_TLS and MQTT_PORT with the broker, and look at the files`,
      };
    }
    return { type: 'away', finding: code };
  }
  return { type: 'away', finding: typeof message === 'string' ? message : 'unknown' };
}

function isUntrusted(code: string): boolean {
  return /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|CERT_SIGNATURE|CERT_REJECTED|INVALID_CA/.test(code);
}
