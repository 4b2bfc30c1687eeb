/**
 * Value formats of configuration keys. All are strict: text from the environment must be the whole value.
 * `nat` is a whole number ≥ 0, `fraction` a number in 0 … 1, `path` is kept as written, `url` has scheme http or https,
 * `list` is a list of strings (comma separated in the environment), `record` any YAML map (JSON in the environment).
 */
export type ConfigFormat =
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | 'int'
  | 'nat'
  | 'port'
  | 'fraction'
  | 'path'
  | 'url'
  | 'list'
  | 'record'
  | readonly (string | number)[];

export type ConfigValue<F> = F extends StringConstructor | 'path' | 'url'
  ? string
  : F extends NumberConstructor | 'int' | 'nat' | 'port' | 'fraction'
    ? number
    : F extends BooleanConstructor
      ? boolean
      : F extends 'list'
        ? readonly string[]
        : F extends 'record'
          ? Readonly<Record<string, unknown>>
          : F extends readonly (infer L)[]
            ? L
            : never;

export interface ConfigKey<F extends ConfigFormat = ConfigFormat> {
  /** For whoever edits the YAML: meaning, unit, what an empty value does. Becomes the reference page. */
  readonly doc: string;
  readonly format: F;
  /** Used when manifest and environment say nothing. An empty string or list means "not set". */
  readonly default: ConfigValue<F>;
  /** Smallest and largest accepted number. */
  readonly min?: number;
  readonly max?: number;
  readonly env?: string;
  /** Older names of the variable; each use is warned about once. */
  readonly aliases?: readonly string[];
  /** Kind of thing that the value is the name of, for tools that look it up: its files can then be locked with the plan. */
  readonly names?: string;
  /** Never printed, not even in an error. */
  readonly sensitive?: boolean;
}

export type ConfigSchema = Readonly<Record<string, ConfigKey>>;

/** Checks each key's default against its own format. */
export type CheckedSchema<C> = {
  readonly [K in keyof C]: C[K] extends { format: infer F extends ConfigFormat } ? ConfigKey<F> : ConfigKey;
};

export type Config<C> = {
  readonly [K in keyof C]: C[K] extends { format: infer F } ? ConfigValue<F> : never;
};
