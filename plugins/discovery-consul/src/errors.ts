import { defineErrors } from '@tiercel/kernel';

export const ConsulError = defineErrors(
  'ConsulError',
  {
    CONSUL_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
      `Consul cannot be used like this: ${d.findings.join('; ')}. Mend these settings.`,
    CONSUL_UNREACHABLE: (d: { origin: string; finding: string }) =>
      `Consul at ${d.origin} cannot be reached: ${d.finding}. Start its agent, or set CONSUL_HOST; it is asked again by itself.`,
    /** Connected, but there was no answer within the time that Consul promises. */
    CONSUL_SILENT: (d: { origin: string; waitedMs: number }) =>
      `Consul at ${d.origin} was silent for ${d.waitedMs} ms. Look at its agent; it is asked again by itself.`,
    CONSUL_REFUSED: (d: { origin: string; status: number }) =>
      `Consul at ${d.origin} answered ${d.status}. Set CONSUL_HTTP_TOKEN to a token with service:read, and service:write to announce.`,
    CONSUL_FAILED: (d: { origin: string; status: number }) =>
      `Consul at ${d.origin} answered ${d.status}. Look at its log, and whether the cluster has a leader; it is asked again by itself.`,
    CONSUL_ANSWER_INVALID: (d: { origin: string; finding: string }) =>
      `What answers at ${d.origin} gave an answer that is not Consul's: ${d.finding}. Check CONSUL_HOST and CONSUL_PORT.`,
  },
  { retryable: ['CONSUL_UNREACHABLE', 'CONSUL_SILENT', 'CONSUL_FAILED', 'CONSUL_ANSWER_INVALID'] },
);
