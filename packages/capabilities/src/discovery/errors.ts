import { defineErrors } from '@tiercel/kernel';

export const DiscoveryError = defineErrors(
  'DiscoveryError',
  {
    DISCOVERY_SERVICE_INVALID: (d: { finding: string }) =>
      `A service name ${d.finding}. Use lower-case letters, digits and hyphens, such as "tool-server-api".`,
    DISCOVERY_UNAVAILABLE: (d: { service: string; finding: string }) =>
      `Nobody can tell where ${d.service} is: ${d.finding}. Start the registry, or give the address of ${d.service} in the configuration.`,
    DISCOVERY_ANNOUNCEMENT_INVALID: (d: { service: string; findings: readonly string[] }) =>
      `${d.service} cannot be announced like this: ${d.findings.join('; ')}. Mend what the plugin that serves it announces.`,
  },
  { retryable: ['DISCOVERY_UNAVAILABLE'] },
);
