import { defineErrors } from '@tiercel/kernel';

export const PlacementError = defineErrors(
  'PlacementError',
  {
    PROVIDER_LOST: (d: { plugin: string; finding: string }) =>
      `Plugin ${d.plugin} lost its process: ${d.finding}. It is being started again; repeat the call in a moment.`,
    PLACEMENT_RELEASED: (d: { plugin: string }) =>
      `Plugin ${d.plugin} has been released, and its process is gone. Get its provider from a running node.`,
    PLACEMENT_SETUP_DIED: (d: { plugin: string; finding: string }) =>
      `The process of plugin ${d.plugin} ended during its setup: ${d.finding}. Run the plugin inline to debug it, or mend what it says.`,
    PLACEMENT_RELEASE_FAILED: (d: { plugin: string; findings: readonly string[] }) =>
      `Plugin ${d.plugin} did not give back everything in its process: ${d.findings.join('; ')}. The process is gone; mend what the plugin own()s.`,
    PLACEMENT_OVERLOADED: (d: { plugin: string; limit: number }) =>
      `Plugin ${d.plugin} has ${d.limit} calls and streams under way between the processes, which is the limit. Wait for some to end, or raise callLimit of the placement.`,
    PLACEMENT_VALUE_UNCLONEABLE: (d: { plugin: string; member: string; what: string; finding: string }) =>
      `${d.what} of "${d.member}" (plugin ${d.plugin}) cannot be sent to another process: ${d.finding}. Pass plain data, or run the plugin inline.`,
    PLACEMENT_MEMBER_UNKNOWN: (d: { plugin: string; target: string; member: string }) =>
      `"${d.member}" of ${d.target} was called from another process (plugin ${d.plugin}) but is no member of its contract there. Install versions of the packages that agree.`,
    PLACEMENT_CONTRACT_LOCAL: (d: { plugin: string; capability: string; members: readonly string[] }) =>
      `Plugin ${d.plugin} cannot run in a process of its own: ${d.members.join(', ')} of ${d.capability} answer at once, which only works inside one process. Remove "placement" of this plugin.`,
    PLACEMENT_MODULE_MISSING: (d: { plugin: string }) =>
      `Plugin ${d.plugin} cannot run in a process of its own, because it was given as an object. Name its package or module file under "use".`,
    PLACEMENT_DEPENDENCY_GIVEN: (d: { plugin: string; dependency: string; capability: string }) =>
      `Plugin ${d.plugin} needs ${d.capability} to answer at once, so its process runs a copy of plugin ${d.dependency}; but that was given as an object. Name its package under "use", or run ${d.plugin} inline.`,
  },
  { retryable: ['PROVIDER_LOST', 'PLACEMENT_OVERLOADED'] },
);
