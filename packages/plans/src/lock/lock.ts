/** A plan as it was once judged right, so that a later one can be held against it. Holds no values and no secrets. */
export interface Lock {
  readonly lockVersion: 1;
  readonly tier: string;
  /** Of the manifest after `extends`, values of `sensitive` keys left out. */
  readonly manifestSha256: string;
  /** By manifest key, in start order. */
  readonly plugins: Readonly<Record<string, LockedPlugin>>;
  /** Entries that do not start, by manifest key, with the condition that does not hold. */
  readonly skipped: Readonly<Record<string, string>>;
  /** Capability → plugins in order of preference. */
  readonly bindings: Readonly<Record<string, readonly string[]>>;
  readonly memoryMiB: number;
}

export interface LockedPlugin {
  readonly package: string;
  readonly version: string;
  /** Of what is in its `tiercel.plugin.json`, however that is laid out. Defaults are part of it. */
  readonly declarationSha256: string;
  readonly placement: string;
  readonly boot: 'required' | 'degrade';
  /** The condition that holds; absent where there is none. */
  readonly when?: string;
  /** Key → SHA-256 of its value, for keys that are neither at their default nor `sensitive`. */
  readonly config: Readonly<Record<string, string>>;
  /** Files outside the package, such as models, by the configuration key that names them. */
  readonly artifacts: Readonly<Record<string, LockedArtifact>>;
}

export interface LockedArtifact {
  readonly name: string;
  /** Path below the folder of the artifact → SHA-256. */
  readonly files: Readonly<Record<string, string>>;
}

export const lockVersion = 1;
