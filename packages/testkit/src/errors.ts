import { defineErrors } from '@tiercel/kernel';

export const TestkitError = defineErrors(
  'TestkitError',
  {
    TESTKIT_FAULT: (d: { capability: string; member: string; call: number }) =>
      `Call ${d.call} of "${d.member}" of ${d.capability} was made to fail by the test. Try again, as after any passing failure.`,
    TESTKIT_MEMBER_UNKNOWN: (d: { capability: string; member: string; members: readonly string[] }) =>
      `"${d.member}" is no member of ${d.capability}. Script faults for one of ${d.members.join(', ')}.`,
    TESTKIT_PROCESS_MISSING: (d: { plugin: string; placement: string }) =>
      `Plugin ${d.plugin} (placement ${d.placement}) tells of no process of its own that could be killed. Give it "placement: process", and wait until it is ready.`,
    TESTKIT_PLUGIN_DOWN: (d: { plugin: string; state: string; reason: string; waitedMs: number }) =>
      `Plugin ${d.plugin} was not ready again ${d.waitedMs} ms after its process was killed; it is ${d.state} (${d.reason}). Mend its setup, or raise startTimeoutMs if it is only slow.`,
    TESTKIT_FAKE_MISSING: (d: { fake: string; supplied: readonly string[] }) =>
      `This node has no fake "${d.fake}", only ${d.supplied.join(', ') || 'none'}: nobody requires it, or a plugin provides the real one. Hand it to bootTest under "fakes" to have it.`,
    TESTKIT_MOSQUITTO_MISSING: (d: { places: readonly string[] }) =>
      `There is no Mosquitto at ${d.places.join(', ')}. Install it ("sudo apt install mosquitto openssl"), or use describeWithMosquitto, which skips.`,
    TESTKIT_MOSQUITTO_DOWN: (d: { finding: string; log: string }) =>
      `Mosquitto did not start: ${d.finding} (${d.log}). Mend what it complains of in "config".`,
    TESTKIT_LEAK_FOUND: (d: { findings: readonly string[] }) =>
      [
        'Something was left behind. Give it back where it was opened.',
        ...d.findings.map((f) => `  ${f}`),
      ].join('\n'),
  },
  { retryable: ['TESTKIT_FAULT'] },
);
