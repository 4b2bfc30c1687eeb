import { defineErrors } from '@tiercel/kernel';

export const DiscoveryStaticError = defineErrors('DiscoveryStaticError', {
  DISCOVERY_STATIC_SERVICES_INVALID: (d: { findings: readonly string[] }) =>
    `Addresses of services cannot be used: ${d.findings.join('; ')}. Write them as http(s)://host:port without credentials, under names such as "tool-server-api".`,
});
