import { defineErrors } from '@tiercel/kernel';

export const BrokerError = defineErrors('BrokerError', {
  BROKER_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
    `The configuration of the broker cannot be used: ${d.findings.join('; ')}. Mend these keys.`,
  BROKER_USERS_REQUIRED: (d: { address: string }) =>
    `The broker would be open to whoever reaches ${d.address}. Set BROKER_USERS, or host to 127.0.0.1.`,
  BROKER_LISTEN_FAILED: (d: { address: string; finding: string }) =>
    `The broker cannot listen on ${d.address}: ${d.finding}. Stop what uses this address, or set another one.`,
  BROKER_TLS_INVALID: (d: { finding: string }) =>
    `Certificate and key cannot be used: ${d.finding}. Check tlsCertFile and tlsKeyFile.`,
  BROKER_CLIENT_CUT: (d: {
    cause: 'packet-too-large' | 'packet-malformed' | 'reads-too-slowly';
    limitBytes: number;
  }) =>
    `A connection was cut: ${d.cause} (limit ${d.limitBytes} bytes). Look at what this client sends and whether it reads; the limits are maxPacketBytes and queueBytes.`,
  BROKER_LOGIN_REFUSED: (d: { finding: string }) =>
    `A client was not let in: ${d.finding}. Check its user name and password against BROKER_USERS, and that no two clients have one id.`,
});
