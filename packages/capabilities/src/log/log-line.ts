import type { LogFields, LogLevel } from './log.js';

/** One line as plain data: safe to serialise, small, and free of `private` unless that was asked for. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LogLineOptions {
  /** Keeps what people said. Only the owner of the device may ask for it. Default: false. */
  readonly showPrivate?: boolean;
}

const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_TEXT_LENGTH = 8_192;

/**
 * Turns the arguments of a log call into a line. Never throws, whatever it is given. Fields called `private` are dropped at
 * every depth; binary data is replaced by its length; errors keep name, code, message and cause, never their other fields,
 * because those of foreign libraries carry headers and bodies.
 */
export function createLogLine(
  level: LogLevel,
  message: string,
  fields: LogFields | undefined,
  options: LogLineOptions = {},
): LogLine {
  const copy = new PlainCopy(options.showPrivate ?? false);
  const plain = copy.of(fields ?? {});
  return {
    level,
    message: String(copy.of(message)),
    fields: isRecord(plain) ? plain : { value: plain },
  };
}

class PlainCopy {
  readonly #showPrivate: boolean;
  readonly #ancestors = new Set<object>();

  constructor(showPrivate: boolean) {
    this.#showPrivate = showPrivate;
  }

  of(value: unknown): unknown {
    try {
      return this.#copy(value);
    } catch {
      return '[unreadable]';
    }
  }

  #copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return value.length > MAX_TEXT_LENGTH
          ? `${value.slice(0, MAX_TEXT_LENGTH)}… (${value.length} characters)`
          : value;
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'bigint':
      case 'symbol':
        return String(value);
      case 'function':
        return `[function ${value.name || 'without name'}]`;
      case 'object':
        return value === null ? null : this.#copyObject(value);
      default:
        return value;
    }
  }

  #copyObject(value: object): unknown {
    if (this.#ancestors.has(value)) return '[circular]';
    if (this.#ancestors.size >= MAX_DEPTH) return '[deeper]';
    this.#ancestors.add(value);
    try {
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
      if (value instanceof URL) return `${value.origin}${value.pathname}`;
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
      if (isError(value)) return this.#copyError(value);
      if (Array.isArray(value)) return this.#copyList(value);
      if (value instanceof Set) return this.#copyList([...value]);
      if (value instanceof Map)
        return this.#copyEntries([...value.keys()].map(String), (key) => value.get(key));
      return this.#copyEntries(Object.keys(value), (key) => Reflect.get(value, key));
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #copyList(values: readonly unknown[]): unknown[] {
    const copy = values.slice(0, MAX_ENTRIES).map((value) => this.of(value));
    if (values.length > MAX_ENTRIES) copy.push(`… ${values.length - MAX_ENTRIES} more`);
    return copy;
  }

  #copyEntries(keys: readonly string[], read: (key: string) => unknown): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const key of keys.slice(0, MAX_ENTRIES)) {
      if (key === 'private' && !this.#showPrivate) continue;
      const plain = this.#read(key, read);
      if (plain !== undefined) Object.defineProperty(copy, key, { value: plain, enumerable: true });
    }
    if (keys.length > MAX_ENTRIES) copy['…'] = `${keys.length - MAX_ENTRIES} more`;
    return copy;
  }

  #read(key: string, read: (key: string) => unknown): unknown {
    try {
      return this.#copy(read(key));
    } catch {
      return '[unreadable]';
    }
  }

  #copyError(error: object): Record<string, unknown> {
    const name = this.#read('name', (key) => Reflect.get(error, key));
    const code = this.#read('code', (key) => Reflect.get(error, key));
    const retryable = this.#read('retryable', (key) => Reflect.get(error, key));
    const cause = this.#read('cause', (key) => Reflect.get(error, key));
    const isCatalogued = typeof code === 'string' && typeof retryable === 'boolean';
    return {
      name,
      ...(code === undefined ? {} : { code }),
      message: this.#read('message', (key) => Reflect.get(error, key)),
      ...(isCatalogued ? { retryable } : {}),
      ...(cause === undefined ? {} : { cause }),
      // A catalogued error says all in its message; only for the others is the place worth a line.
      ...(isCatalogued ? {} : { stack: this.#read('stack', () => stackFrames(error)) }),
    };
  }
}

function stackFrames(error: object): string[] {
  const stack = Reflect.get(error, 'stack');
  if (typeof stack !== 'string') return [];
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}

function isError(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
