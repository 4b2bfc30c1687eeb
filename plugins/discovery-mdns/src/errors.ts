import { defineErrors } from '@tiercel/kernel';

export const MdnsError = defineErrors('MdnsError', {
  MDNS_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
    `Multicast DNS cannot be used like this: ${d.findings.join('; ')}. Mend these settings.`,
});
