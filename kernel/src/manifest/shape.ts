import { nearest } from '../nearest.js';
import { isRecord, REMOVED, show } from './yaml-tree.js';

/**
 * What a value read from outside must look like. One description serves the check of a file and the JSON Schema that
 * editors complete from, so the two cannot differ.
 */
export type Shape = { readonly doc?: string } & (
  | { readonly is: 'text' | 'count' | 'flag' | 'map' }
  /** Checked elsewhere; `schema` says what it is. */
  | { readonly is: 'any'; readonly schema?: Readonly<Record<string, unknown>> }
  /** Text that fits `pattern`; `expected` says so in words. */
  | { readonly is: 'pattern'; readonly pattern: RegExp; readonly expected: string }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'list'; readonly of: Shape; readonly expected: string }
  /** A map with any keys. */
  | { readonly is: 'entries'; readonly of: Shape; readonly expected?: string }
  /** A map with these keys and no others; `name` is what messages call it, `*` stands for the key above it. */
  | { readonly is: 'record'; readonly name: string; readonly keys: Readonly<Record<string, Key>> }
  | { readonly is: 'either'; readonly of: readonly Shape[]; readonly expected: string }
);

type Key = Shape & { readonly isNeeded?: boolean };
type Path = readonly (string | number)[];

/** Is told of everything that does not fit. */
export interface ShapeReport {
  wrong(path: Path, expected: string, found: string): void;
  unknown(path: Path, within: string, known: readonly string[], near: string | undefined): void;
}

/** The parts of `value` that fit, as plain data; what does not fit is reported and left out. */
export function readShape(shape: Shape, value: unknown, report: ShapeReport, path: Path = []): unknown {
  const refuse = (expected: string): undefined => report.wrong(path, expected, show(value)) as undefined;
  switch (shape.is) {
    case 'any':
      return value;
    case 'text':
      return typeof value === 'string' && value.trim() !== '' ? value : refuse('a text');
    case 'count':
      return Number.isSafeInteger(value) && (value as number) > 0 ? value : refuse('a whole number above 0');
    case 'flag':
      return typeof value === 'boolean' ? value : refuse('true or false');
    case 'map':
      return isRecord(value) ? value : refuse('a map');
    case 'pattern':
      return typeof value === 'string' && shape.pattern.test(value) ? value : refuse(shape.expected);
    case 'choice':
      return shape.of.includes(value as string)
        ? value
        : refuse(shape.of.map((choice) => `"${choice}"`).join(' or '));
    case 'either': {
      const fitting = shape.of.find((candidate) => isOfKind(candidate, value));
      return fitting ? readShape(fitting, value, report, path) : refuse(shape.expected);
    }
    case 'list': {
      if (!Array.isArray(value)) return refuse(shape.expected);
      const items = value.map((item, index) => readShape(shape.of, item, report, [...path, index]));
      return items.filter((item) => item !== undefined);
    }
    case 'entries': {
      if (!isRecord(value)) return refuse(shape.expected ?? 'a map');
      const entries = Object.entries(value).map(([key, item]) => {
        const isAbsent = item === undefined || item === REMOVED;
        return [key, isAbsent ? undefined : readShape(shape.of, item, report, [...path, key])];
      });
      return Object.fromEntries(entries);
    }
    case 'record': {
      if (!isRecord(value)) return refuse('a map');
      const known = Object.keys(shape.keys);
      const name = shape.name.replace('*', String(path.at(-1)));
      for (const key of Object.keys(value)) {
        if (!known.includes(key)) report.unknown([...path, key], name, known, nearest(key, known));
      }
      const read: Record<string, unknown> = {};
      for (const [key, inner] of Object.entries(shape.keys)) {
        const item = value[key];
        if (item === undefined && !inner.isNeeded) continue;
        read[key] = readShape(inner, item, report, [...path, key]);
      }
      return read;
    }
  }
}

/** Whether `value` is meant to be of this shape; its parts may still be wrong. */
function isOfKind(shape: Shape, value: unknown): boolean {
  if (shape.is === 'record' || shape.is === 'entries' || shape.is === 'map') return isRecord(value);
  if (shape.is === 'list') return Array.isArray(value);
  let isFitting = true;
  const fail = () => {
    isFitting = false;
  };
  readShape(shape, value, { wrong: fail, unknown: fail });
  return isFitting;
}

/** The same as JSON Schema 2020-12. */
export function schemaOf(shape: Shape): Readonly<Record<string, unknown>> {
  return { ...(shape.doc !== undefined && { description: shape.doc }), ...schemaBody(shape) };
}

function schemaBody(shape: Shape): Readonly<Record<string, unknown>> {
  switch (shape.is) {
    case 'any':
      return shape.schema ?? {};
    case 'text':
      return { type: 'string', minLength: 1 };
    case 'count':
      return { type: 'integer', minimum: 1 };
    case 'flag':
      return { type: 'boolean' };
    case 'map':
      return { type: 'object' };
    case 'pattern':
      return { type: 'string', pattern: shape.pattern.source };
    case 'choice':
      return { enum: shape.of };
    case 'either':
      return { anyOf: shape.of.map(schemaOf) };
    case 'list':
      return { type: 'array', items: schemaOf(shape.of) };
    case 'entries':
      return { type: 'object', additionalProperties: { anyOf: [schemaOf(shape.of), { type: 'null' }] } };
    case 'record': {
      const needed = Object.keys(shape.keys).filter((key) => shape.keys[key]?.isNeeded);
      return {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(shape.keys).map(([key, inner]) => [key, schemaOf(inner)]),
        ),
        ...(needed.length > 0 && { required: needed }),
        additionalProperties: false,
      };
    }
  }
}
