import {
  copyWorldValue,
  isHlc,
  type WorldRecord,
  type WorldValue,
  worldLimits,
} from '@tiercel/capabilities/world-model';
import { isTiercelError } from '@tiercel/kernel';
import { isNodeName } from './node-name.js';
import { uuidV7 } from './uuid-v7.js';

/** A value of the largest size still fits, with everything that stands around it. */
export const ENVELOPE_BYTES = worldLimits.valueBytes + 4_096;

interface EnvelopeFacts {
  /** Of this envelope: the same one may arrive several times. */
  readonly id: string;
  readonly key: string;
  readonly hlc: string;
  readonly origin: string;
  /** One life of the process that wrote it. */
  readonly boot: string;
  readonly timeMs: number;
}

interface PutFacts {
  readonly op: 'put';
  readonly value: WorldValue;
  readonly ttlMs?: number;
}

interface DelFacts {
  readonly op: 'del';
}

/** What a node asks the core to take. */
export type ObserveEnvelope = EnvelopeFacts & { readonly baseRevision?: number } & (PutFacts | DelFacts);

/** What the core has decided: retained. */
export type StateEnvelope = EnvelopeFacts & { readonly revision: number; readonly epoch: string } & (
    | PutFacts
    | DelFacts
  );

/** The answer to one `observe`; `ref` is its id. Revision 0: there was nothing to forget. */
export type ReplyEnvelope =
  | { readonly ref: string; readonly status: 'accepted'; readonly revision: number }
  | { readonly ref: string; readonly status: 'refused'; readonly code: string };

export type NodeRole = 'core' | 'edge';

/** Retained, and the last will. A core's `online` comes after all of its state of that moment. */
export interface StatusEnvelope {
  readonly node: string;
  readonly role: NodeRole;
  readonly boot: string;
  readonly status: 'online' | 'offline';
  readonly epoch?: string;
  /** Of the whole store when it was told. */
  readonly revision?: number;
  /** How many there were: who has read fewer asks again. */
  readonly entries?: number;
}

/** Why a payload was not understood: one of a small set, so that it can be counted by it. */
export type PayloadCause = 'too-large' | 'not-utf8' | 'not-json' | 'schema-unknown' | 'field-invalid';

export interface Misread {
  readonly ok: false;
  readonly cause: PayloadCause;
  /** For the operator: names the place, never the value. */
  readonly finding: string;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | Misread;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const NAME_LENGTH = 200;
const CODE_PATTERN = /^[A-Z][A-Z0-9_]{0,99}$/;

export function parseObserve(payload: Uint8Array): Parsed<ObserveEnvelope> {
  return parseEnvelope(payload, (fields) => {
    const { baseRevision } = fields;
    return {
      ...readFacts(fields),
      ...readChange(fields),
      ...(baseRevision !== undefined && { baseRevision: count(baseRevision, 'baseRevision') }),
    };
  });
}

export function parseState(payload: Uint8Array): Parsed<StateEnvelope> {
  return parseEnvelope(payload, (fields) => ({
    ...readFacts(fields),
    ...readChange(fields),
    revision: count(fields.revision, 'revision'),
    epoch: name(fields.epoch, 'epoch'),
  }));
}

export function parseReply(payload: Uint8Array): Parsed<ReplyEnvelope> {
  return parseEnvelope(payload, ({ ref: rawRef, status, revision, code }) => {
    const ref = name(rawRef, 'ref');
    if (status === 'accepted') return { ref, status, revision: count(revision, 'revision') };
    if (status !== 'refused') throw new Finding('"status" is neither accepted nor refused');
    if (typeof code !== 'string' || !CODE_PATTERN.test(code)) throw new Finding('"code" is not a code');
    return { ref, status, code };
  });
}

export function parseStatus(payload: Uint8Array): Parsed<StatusEnvelope> {
  return parseEnvelope(payload, ({ node, role, boot, status, epoch, revision, entries }) => {
    if (!isNodeName(node)) throw new Finding('"node" is not the name of a node');
    if (role !== 'core' && role !== 'edge') throw new Finding('"role" is neither core nor edge');
    if (status !== 'online' && status !== 'offline')
      throw new Finding('"status" is neither online nor offline');
    return {
      node,
      role,
      boot: name(boot, 'boot'),
      status,
      ...(epoch !== undefined && { epoch: name(epoch, 'epoch') }),
      ...(revision !== undefined && { revision: count(revision, 'revision') }),
      ...(entries !== undefined && { entries: count(entries, 'entries') }),
    };
  });
}

/** The text of any envelope. */
export function formatEnvelope(
  envelope: ObserveEnvelope | StateEnvelope | ReplyEnvelope | StatusEnvelope,
): string {
  return JSON.stringify({ schema: 1, ...envelope });
}

/** A change of the store as the envelope that tells of it. */
export function stateOf(record: WorldRecord, boot: string): StateEnvelope {
  const { key, revision, epoch, origin, timeMs, hlc } = record.type === 'entry-put' ? record.entry : record;
  const facts = { id: uuidV7(), key, revision, epoch, hlc, origin, boot, timeMs };
  if (record.type === 'entry-forgotten') return { ...facts, op: 'del' };
  const { value, ttlMs } = record.entry;
  return { ...facts, op: 'put', value, ...(ttlMs !== undefined && { ttlMs }) };
}

/** Text of a payload, or why it is none. Looks at the size before anything else. */
export function decodeText(payload: Uint8Array, maxBytes: number): Parsed<string> {
  if (payload.byteLength > maxBytes) {
    return misread('too-large', `it has ${payload.byteLength} bytes, more than ${maxBytes}`);
  }
  try {
    return { ok: true, value: decoder.decode(payload) };
  } catch {
    return misread('not-utf8', 'it is not UTF-8');
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Thrown and caught inside this file only. */
class Finding extends SyntaxError {}

function parseEnvelope<T>(payload: Uint8Array, read: (fields: Fields) => T): Parsed<T> {
  const text = decodeText(payload, ENVELOPE_BYTES);
  if (!text.ok) return text;
  let fields: unknown;
  try {
    fields = JSON.parse(text.value);
  } catch {
    return misread('not-json', 'it is not JSON');
  }
  if (!isFields(fields)) return misread('field-invalid', 'it is not an object');
  if (own(fields, 'schema') !== 1) return misread('schema-unknown', 'its "schema" is not 1');
  try {
    // Without a prototype: what an envelope does not say itself is undefined.
    return { ok: true, value: read(Object.assign(Object.create(null), fields)) };
  } catch (error) {
    if (error instanceof Finding) return misread('field-invalid', error.message);
    if (isTiercelError(error)) return misread('field-invalid', String(error.details.finding));
    throw error;
  }
}

function readFacts({ id, key, hlc, origin, boot, timeMs }: Fields): EnvelopeFacts {
  if (typeof key !== 'string') throw new Finding('"key" is not text');
  if (!isHlc(hlc)) throw new Finding('"hlc" is not a hybrid time');
  return {
    id: name(id, 'id'),
    key,
    hlc,
    origin: name(origin, 'origin'),
    boot: name(boot, 'boot'),
    timeMs: count(timeMs, 'timeMs'),
  };
}

/** Also checks the key, by the rules that every store has. */
function readChange({ op, key, value, ttlMs }: Fields): PutFacts | DelFacts {
  if (op !== 'put' && op !== 'del') throw new Finding('"op" is neither put nor del');
  const lifetimeMs = ttlMs === undefined ? undefined : count(ttlMs, 'ttlMs');
  const copy = copyWorldValue({
    key: String(key),
    value: op === 'put' ? value : null,
    origin: '',
    ttlMs: lifetimeMs,
  });
  if (op === 'del') return { op };
  return { op, value: copy, ...(lifetimeMs !== undefined && { ttlMs: lifetimeMs }) };
}

function name(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= NAME_LENGTH) return value;
  throw new Finding(`"${field}" is not text of 1 to ${NAME_LENGTH} characters`);
}

function count(value: unknown, field: string): number {
  // Negative zero would not survive the way through JSON.
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value + 0;
  throw new Finding(`"${field}" is not a whole number from 0`);
}

function misread(cause: PayloadCause, finding: string): Misread {
  return { ok: false, cause, finding };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(fields: Fields, field: string): unknown {
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}
