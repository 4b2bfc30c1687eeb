import { defineErrors } from './define-errors.js';
import { formatProblems, type Problem } from './plan/problem.js';

/** Errors of the kernel. Faults of a manifest are collected as `Problem`s and thrown together as `KERNEL_PLAN_INVALID`. */
export const KernelError = defineErrors(
  'KernelError',
  {
    KERNEL_CAPABILITY_INVALID: (d: { id: string; version: string }) =>
      `Capability "${d.id}" version "${d.version}" is not well formed. Use lower-case words joined by "-" as id and a full semver version such as 1.0.0.`,
    KERNEL_REQUIREMENT_INVALID: (d: { name: string }) =>
      `Requirement "${d.name}" names no capability. Two modules that import each other may leave a token undefined; import it from the file that defines it.`,
    KERNEL_MANIFEST_UNREADABLE: (d: { file: string; finding: string }) =>
      `Tier manifest ${d.file} cannot be read: ${d.finding}. Give the path of a YAML file, or the name of a shipped tier.`,
    KERNEL_PLAN_INVALID: (d: { source: string; problems: readonly Problem[] }) =>
      formatProblems(d.source, d.problems),
    KERNEL_PLUGIN_SETUP_FAILED: (d: { plugin: string; finding: string }) =>
      `Plugin ${d.plugin} failed to start: ${d.finding.replace(/\.$/, '')}. The cause says where.`,
    KERNEL_PLUGIN_SETUP_TIMEOUT: (d: { plugin: string; waitedMs: number }) =>
      `Plugin ${d.plugin} did not finish its setup within ${d.waitedMs} ms. Raise boot.timeoutMs of this plugin in the manifest if it is only slow.`,
    KERNEL_PLUGIN_RETURN_WRONG: (d: {
      plugin: string;
      missing: readonly string[];
      surplus: readonly string[];
    }) =>
      `Plugin ${d.plugin} returned other providers than it declares: missing ${list(d.missing)}, not declared ${list(d.surplus)}. Make setup return exactly the keys of "provides".`,
    KERNEL_PROVIDER_INCOMPLETE: (d: {
      plugin: string;
      provider: string;
      capability: string;
      missing: readonly string[];
    }) =>
      `Provider "${d.provider}" of plugin ${d.plugin} lacks ${list(d.missing)} of capability ${d.capability}. Implement every member of the contract.`,
    KERNEL_PACKAGES_MISSING: (d: { tier: string; packages: readonly string[] }) =>
      `Tier ${d.tier} needs packages that are not installed. Run "npm install ${d.packages.join(' ')}".`,
    KERNEL_PLUGIN_IMPORT_FAILED: (d: { plugin: string; use: string; finding: string }) =>
      `Plugin ${d.plugin}: ${d.use} cannot be imported: ${d.finding}. A plugin module has one default export, made by definePlugin(); mend or reinstall the package.`,
    KERNEL_IMPORT_TIMEOUT: (d: { module: string; waitedMs: number }) =>
      `${d.module} was not imported within ${d.waitedMs} ms. Importing a module must wait for nothing: open what it needs in setup.`,
    KERNEL_PLUGIN_MISMATCH: (d: { plugin: string; use: string; paths: readonly string[] }) =>
      `Plugin ${d.plugin}: the code of ${d.use} declares something else than its plugin file, at ${list(d.paths)}. Run "npx tiercel plugin build" in its package, or reinstall it.`,
    KERNEL_BOOT_FAILED: (d: {
      tier: string;
      results: readonly { plugin: string; state: string; reason?: string | undefined; isCause: boolean }[];
    }) => {
      const failed = d.results.filter(({ state }) => state === 'failed');
      const causes = failed.filter(({ isCause }) => isCause);
      const others = failed.filter(({ isCause }) => !isCause).map(({ plugin }) => plugin);
      return [
        `Tier ${d.tier} did not start.`,
        ...causes.map(({ plugin, reason }) => `  ${plugin}: ${reason}`),
        ...(others.length > 0 ? [`  Given up because of that: ${list(others)}.`] : []),
        'Mend this, or mark a plugin "boot: degrade" if the node may run without it.',
      ].join('\n');
    },
    KERNEL_BOOT_TIMEOUT: (d: { waitedMs: number; awaiting: readonly string[] }) =>
      `The node was not up after ${d.waitedMs} ms; still waiting for ${list(d.awaiting)}. Raise START_TIMEOUT_MS if they are only slow.`,
    KERNEL_BOOT_ABORTED: (d: { tier: string }) =>
      `Starting tier ${d.tier} was given up because its caller aborted it.`,
    KERNEL_SIBLING_FAILED: (d: { plugin: string }) =>
      `Start-up was given up because the required plugin ${d.plugin} failed.`,
    KERNEL_NODE_STOPPED: (d: { tier: string }) =>
      `The node (tier ${d.tier}) is stopping or has stopped. Boot a new one.`,
    KERNEL_STOP_FAILED: (d: { failures: readonly { plugin: string; finding: string }[] }) =>
      [
        'The node has stopped, but not cleanly. Mend what these plugins own() or restart the process.',
        ...d.failures.map(({ plugin, finding }) => `  ${plugin}: ${finding}`),
      ].join('\n'),
    KERNEL_RELEASE_TIMEOUT: (d: { waitedMs: number }) =>
      `Resources were not given back within ${d.waitedMs} ms. Make their dispose method settle, and setup end when its signal aborts.`,
    KERNEL_PROVIDER_MISSING: (d: { capability: string; listed: readonly string[] }) =>
      `No plugin on this node provides ${d.capability}. Plugins here: ${list(d.listed)}. Add one that does to the manifest.`,
    KERNEL_PROVIDER_AMBIGUOUS: (d: { capability: string; candidates: readonly string[] }) =>
      `${list(d.candidates)} all provide ${d.capability}. Name one under "bind", or ask for all of them with getAll().`,
    KERNEL_PROVIDER_NOT_READY: (d: { capability: string; plugin: string; state: string; reason?: string }) =>
      `${d.capability} is not available: its plugin ${d.plugin} is ${d.state}${d.reason === undefined ? '' : ` (${d.reason})`}. Call a lazy dependency only after start-up, and check node.plugins for the reason.`,
    KERNEL_NOT_REPLACEABLE: (d: { tier: string }) =>
      `The node (tier ${d.tier}) was booted without a way to replace plugins. Boot it with { replaceable: true }.`,
    KERNEL_PLUGIN_NOT_HERE: (d: { plugin: string; listed: readonly string[] }) =>
      `There is no plugin ${d.plugin} on this node. Name one of ${list(d.listed)}.`,
    KERNEL_CHANGE_FAILED: (d: { finding: string }) =>
      `The change was undone, and the node goes on as before, because a plugin did not start: ${d.finding}. Mend it and try again.`,
    KERNEL_PLUGIN_REPLACED: (d: { plugin: string }) =>
      `Plugin ${d.plugin} was replaced by a newer generation. Call it again through what the kernel handed out.`,
    KERNEL_DRAIN_TIMEOUT: (d: { plugin: string; waitedMs: number }) =>
      `Plugin ${d.plugin} was replaced, and its last calls were not over after ${d.waitedMs} ms, so they are given up. Pass a larger drainTimeoutMs if they may take longer.`,
    KERNEL_INJECTION_UNKNOWN: (d: { plugin: string; className: string; parameters: readonly string[] }) =>
      `Plugin ${d.plugin} cannot build ${d.className}: ${list(d.parameters)}. Put @inject(Token) on every constructor parameter and list each token under "requires".`,
  },
  { retryable: ['KERNEL_PROVIDER_NOT_READY'] },
);
export type KernelError = InstanceType<typeof KernelError>;

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
