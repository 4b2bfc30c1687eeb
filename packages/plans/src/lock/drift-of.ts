import { names } from '../text/visible.js';
import type { Lock, LockedPlugin } from './lock.js';

/** One way in which a plan is not what was locked. */
export interface Drift {
  readonly kind:
    | 'tier'
    | 'manifest'
    | 'plugin-added'
    | 'plugin-missing'
    | 'plugin-skipped'
    | 'package'
    | 'version'
    | 'declaration'
    | 'placement'
    | 'boot'
    | 'when'
    | 'config'
    | 'artifact'
    | 'binding';
  /** The plugin, `plugin.key` or capability that it is about, or `the manifest`. */
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

/** Everything in which `now` differs from `locked`; empty where they say the same. */
export function driftOf(locked: Lock, now: Lock): readonly Drift[] {
  if (locked.tier !== now.tier) {
    const what = `the lock is of tier ${locked.tier}, and this is ${now.tier}`;
    const fix = 'Name the manifest that was locked with --tier.';
    // The rest would only say the same again, plugin by plugin.
    return [{ kind: 'tier', where: 'the manifest', what, fix }];
  }
  const drifts = unionOf(locked.plugins, now.plugins).flatMap((key) => pluginDrift(key, locked, now));
  drifts.push(...bindingDrift(locked, now));
  if (locked.manifestSha256 !== now.manifestSha256) {
    const what = 'its content, with all that it extends, has changed';
    const fix =
      'Take the manifest back to what was locked; "tiercel diff" with the lock shows what has changed.';
    drifts.push({ kind: 'manifest', where: 'the manifest', what, fix });
  }
  return drifts;
}

function pluginDrift(key: string, locked: Lock, now: Lock): readonly Drift[] {
  const before = own(locked.plugins, key);
  const after = own(now.plugins, key);
  if (!before) return [addedDrift(key, locked)];
  if (!after) return [missingDrift(key, before, now)];
  const drifts: Drift[] = [];
  const report = (kind: Drift['kind'], what: string, fix: string, where = key) => {
    drifts.push({ kind, where, what, fix });
  };
  const install = `Run "npm install --save-exact ${before.package}@${before.version}".`;
  if (before.package !== after.package) {
    report(
      'package',
      `its package is ${after.package}, locked is ${before.package}`,
      'Correct "use" in the manifest.',
    );
  } else if (before.version !== after.version) {
    report(
      'version',
      `${after.package} is here in version ${after.version}, locked is ${before.version}`,
      install,
    );
  } else if (before.declarationSha256 !== after.declarationSha256) {
    const what = `${after.package} ${after.version} declares something else than when it was locked`;
    report('declaration', what, `Install the package anew: ${install}`);
  }
  if (before.placement !== after.placement) {
    const fix = `Write "placement: ${before.placement}" in the manifest.`;
    report('placement', `it is placed ${after.placement}, locked is ${before.placement}`, fix);
  }
  if (before.boot !== after.boot) {
    const fix = `Write "boot: ${before.boot}" in the manifest.`;
    report('boot', `it is ${after.boot} at boot, locked is ${before.boot}`, fix);
  }
  if (before.when !== after.when) {
    const what = `its condition is ${quote(after.when)}, locked is ${quote(before.when)}`;
    report('when', what, 'Correct "when" in the manifest.');
  }
  drifts.push(...configDrift(key, before, after), ...artifactDrift(key, before, after));
  return drifts;
}

function addedDrift(key: string, { skipped }: Lock): Drift {
  const when = own(skipped, key);
  return when === undefined
    ? { kind: 'plugin-added', where: key, what: 'it is not in the lock', fix: 'Take it out of the manifest.' }
    : {
        kind: 'plugin-added',
        where: key,
        what: `it starts, and "when: ${when}" did not hold when this was locked`,
        fix: 'Set the variables of the condition as they were.',
      };
}

function missingDrift(key: string, before: LockedPlugin, { skipped }: Lock): Drift {
  const when = own(skipped, key);
  return when === undefined
    ? {
        kind: 'plugin-missing',
        where: key,
        what: `${before.package} ${before.version} is in the lock and not in this plan`,
        fix: 'Put it back into the manifest.',
      }
    : {
        kind: 'plugin-skipped',
        where: key,
        what: `it does not start, because "when: ${when}" does not hold`,
        fix: 'Set the variables of the condition as they were.',
      };
}

function configDrift(key: string, before: LockedPlugin, after: LockedPlugin): readonly Drift[] {
  return unionOf(before.config, after.config).flatMap((name): Drift[] => {
    const [locked, found] = [own(before.config, name), own(after.config, name)];
    // What an artifact is called is compared as an artifact.
    const isArtifact = Object.hasOwn(before.artifacts, name) || Object.hasOwn(after.artifacts, name);
    if (locked === found || isArtifact) return [];
    const what =
      locked === undefined
        ? 'it has a value of its own, locked is the default'
        : found === undefined
          ? 'it has its default, locked is a value of its own'
          : 'it has another value than was locked';
    const fix =
      'Correct it in the manifest or in its environment variable; "tiercel plan" shows where it comes from.';
    return [{ kind: 'config', where: `${key}.${name}`, what, fix }];
  });
}

function artifactDrift(key: string, before: LockedPlugin, after: LockedPlugin): readonly Drift[] {
  return unionOf(before.artifacts, after.artifacts).flatMap((name): Drift[] => {
    const [locked, found] = [own(before.artifacts, name), own(after.artifacts, name)];
    if (!locked || !found || locked.name !== found.name) {
      const what = `it names ${found?.name ?? 'nothing'}, locked is ${locked?.name ?? 'nothing'}`;
      const fix = 'Correct the name in the manifest or in its environment variable.';
      return [{ kind: 'artifact', where: `${key}.${name}`, what, fix }];
    }
    const files = unionOf(locked.files, found.files).filter(
      (file) => own(locked.files, file) !== own(found.files, file),
    );
    if (files.length === 0) return [];
    const what = `${found.name} has other content than was locked in ${names(files)}`;
    const fix = 'Put the locked files back, or go back to the version of the catalogue that lists them.';
    return [{ kind: 'artifact', where: `${key}.${name}`, what, fix }];
  });
}

function bindingDrift(locked: Lock, now: Lock): readonly Drift[] {
  return unionOf(locked.bindings, now.bindings).flatMap((capability): Drift[] => {
    const before = own(locked.bindings, capability) ?? [];
    const after = own(now.bindings, capability) ?? [];
    // Where nobody serves any more, or somebody does for the first time, what made it so has been reported.
    if (before.length === 0 || after.length === 0) return [];
    // A plugin that came or went has been reported, too, and its absence from a binding goes without saying.
    const common = (list: readonly string[]) =>
      list.filter((plugin) => own(locked.plugins, plugin) && own(now.plugins, plugin)).join('\u0000');
    if (common(before) === common(after)) return [];
    const what = `it is served by ${names(after)}, locked is ${names(before)}`;
    const fix = `Write "bind: { ${capability}: [${before.join(', ')}] }" in the manifest.`;
    return [{ kind: 'binding', where: capability, what, fix }];
  });
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function unionOf(...records: readonly object[]): readonly string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function quote(text: string | undefined): string {
  return text === undefined ? 'none' : `"${text}"`;
}
