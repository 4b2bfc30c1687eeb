import { describe, expect, it } from '@jest/globals';
import { worldLimits } from '@tiercel/capabilities/world-model';
import fc from 'fast-check';
import {
  decodeText,
  ENVELOPE_BYTES,
  formatEnvelope,
  type ObserveEnvelope,
  parseObserve,
  parseReply,
  parseState,
  parseStatus,
  type ReplyEnvelope,
  type StateEnvelope,
  type StatusEnvelope,
} from './envelope.js';

const parsers = { parseObserve, parseState, parseReply, parseStatus };
const bytes = (text: string) => Buffer.from(text);

const observe: ObserveEnvelope = {
  id: '0190b8a0-0000-7000-8000-000000000000',
  op: 'put',
  key: 'telemetry/lamp-1/power',
  value: 'on',
  hlc: '1763800000000-0003-edge-7',
  origin: 'edge-7',
  boot: 'boot-1',
  timeMs: 1_763_800_000_000,
};

/** The payload of an observation in which some fields are others. */
const altered = (fields: object) => bytes(JSON.stringify({ schema: 1, ...observe, ...fields }));

const name = fc.string({ minLength: 1, maxLength: 200 });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const key = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,20}$/), { minLength: 1, maxLength: 8 })
  .map((segments) => segments.join('/'));
const hlc = fc
  .tuple(
    fc.stringMatching(/^\d{13}$/),
    fc.stringMatching(/^[0-9a-f]{4}$/),
    fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,64}$/),
  )
  .map((parts) => parts.join('-'));
const value = fc.jsonValue({ maxDepth: worldLimits.valueDepth - 1 });
const facts = { id: name, key, hlc, origin: name, boot: name, timeMs: count };
const change = fc.oneof(
  fc.record(
    { op: fc.constant('put' as const), value, ttlMs: fc.integer({ min: 1, max: 2 ** 40 }) },
    { requiredKeys: ['op', 'value'] },
  ),
  fc.record({ op: fc.constant('del' as const) }),
);
const observes: fc.Arbitrary<ObserveEnvelope> = fc
  .tuple(
    fc.record(
      { ...facts, baseRevision: count },
      { requiredKeys: ['id', 'key', 'hlc', 'origin', 'boot', 'timeMs'] },
    ),
    change,
  )
  .map(([a, b]) => ({ ...a, ...b }));
const states: fc.Arbitrary<StateEnvelope> = fc
  .tuple(fc.record({ ...facts, revision: count, epoch: name }), change)
  .map(([a, b]) => ({ ...a, ...b }));
const replies: fc.Arbitrary<ReplyEnvelope> = fc.oneof(
  fc.record({ ref: name, status: fc.constant('accepted' as const), revision: count }),
  fc.record({
    ref: name,
    status: fc.constant('refused' as const),
    code: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,99}$/),
  }),
);
const statuses: fc.Arbitrary<StatusEnvelope> = fc.record(
  {
    node: fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,64}$/),
    role: fc.constantFrom('core' as const, 'edge' as const),
    boot: name,
    status: fc.constantFrom('online' as const, 'offline' as const),
    epoch: name,
    revision: count,
    entries: count,
  },
  { requiredKeys: ['node', 'role', 'boot', 'status'] },
);

describe('an envelope', () => {
  it('comes back as it was written', () => {
    fc.assert(fc.property(observes, (x) => expectSame(parseObserve, x)));
    fc.assert(fc.property(states, (x) => expectSame(parseState, x)));
    fc.assert(fc.property(replies, (x) => expectSame(parseReply, x)));
    fc.assert(fc.property(statuses, (x) => expectSame(parseStatus, x)));
  });

  it('may hold any bytes: what is wrong is a finding, never an exception', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map(bytes),
      fc.string().map(bytes),
      // An envelope in which any fields are anything.
      fc
        .dictionary(
          fc.constantFrom('schema', 'op', 'value', '__proto__', 'constructor', ...Object.keys(observe)),
          fc.jsonValue(),
        )
        .map(altered),
    );
    fc.assert(
      fc.property(hostile, (payload) => {
        for (const parse of Object.values(parsers)) expect(typeof parse(payload).ok).toBe('boolean');
      }),
    );
  });

  it.each([
    ['too-large', Buffer.alloc(ENVELOPE_BYTES + 1, 0x20)],
    ['not-utf8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['not-json', bytes('{"schema":1')],
    ['not-json', bytes('')],
    ['field-invalid', bytes('[]')],
    ['field-invalid', bytes('null')],
    ['schema-unknown', altered({ schema: 2 })],
    ['schema-unknown', bytes('{"__proto__":{"schema":1}}')],
    ['field-invalid', altered({ op: 'erase' })],
    ['field-invalid', altered({ value: undefined })],
    ['field-invalid', altered({ key: 'telemetry/$lamp' })],
    ['field-invalid', altered({ key: 7 })],
    ['field-invalid', altered({ hlc: 'now' })],
    ['field-invalid', altered({ id: '' })],
    ['field-invalid', altered({ origin: 'x'.repeat(201) })],
    ['field-invalid', altered({ timeMs: -1 })],
    ['field-invalid', altered({ baseRevision: 0.5 })],
    ['field-invalid', altered({ ttlMs: 0 })],
    [
      'field-invalid',
      bytes(`{"schema":1,"op":"put","key":"a","value":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
    ],
  ])('is refused as %s (%#)', (cause, payload) => {
    expect(parseObserve(payload)).toMatchObject({ ok: false, cause });
  });

  it('takes the largest value that a store takes', () => {
    const largest = 'x'.repeat(worldLimits.valueBytes - 2);

    const parsed = parseObserve(altered({ value: largest }));

    expect(parsed).toMatchObject({ ok: true, value: { value: largest } });
  });

  it('refuses a value that is nested deeper than a store takes', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

    expect(parseObserve(altered({ value: nested(worldLimits.valueDepth) }))).toMatchObject({ ok: true });
    expect(parseObserve(altered({ value: nested(worldLimits.valueDepth + 1) }))).toMatchObject({
      ok: false,
      cause: 'field-invalid',
    });
  });

  it('keeps the names of prototypes as data, and takes nothing from them', () => {
    const payload = bytes(
      JSON.stringify({ schema: 1, ...observe }).replace('"on"', '{"__proto__":{"ttlMs":5},"constructor":1}'),
    );

    const parsed = parseObserve(payload);

    expect(parsed.ok && JSON.stringify('value' in parsed.value && parsed.value.value)).toBe(
      '{"__proto__":{"ttlMs":5},"constructor":1}',
    );
    expect(parsed.ok && Object.keys(parsed.value)).not.toContain('ttlMs');
  });

  it('drops fields that nobody knows', () => {
    const parsed = parseObserve(altered({ isAdmin: true }));

    expect(parsed).toEqual({ ok: true, value: observe });
  });
});

describe('a reply', () => {
  it.each([
    { ref: 'a', status: 'accepted' },
    { ref: 'a', status: 'refused', code: 'not a code' },
    { ref: 'a', status: 'perhaps' },
    { status: 'accepted', revision: 1 },
  ])('is refused where it says too little (%#)', (reply) => {
    expect(parseReply(bytes(JSON.stringify({ schema: 1, ...reply })))).toMatchObject({ ok: false });
  });
});

describe('a status', () => {
  it.each([
    { node: 'a b', role: 'core', boot: 'b', status: 'online' },
    { node: 'a', role: 'mid', boot: 'b', status: 'online' },
    { node: 'a', role: 'core', boot: 'b', status: 'asleep' },
    { node: 'a', role: 'core', status: 'online' },
  ])('is refused where it says something else (%#)', (status) => {
    expect(parseStatus(bytes(JSON.stringify({ schema: 1, ...status })))).toMatchObject({ ok: false });
  });
});

describe('decodeText', () => {
  it('looks at the size before anything else, and keeps a byte order mark', () => {
    expect(decodeText(Buffer.from([0xff, 0xff]), 1)).toMatchObject({ ok: false, cause: 'too-large' });
    expect(decodeText(Buffer.from([0xff]), 1)).toMatchObject({ ok: false, cause: 'not-utf8' });
    expect(decodeText(bytes('\uFEFFa'), 4)).toEqual({ ok: true, value: '\uFEFFa' });
  });
});

function expectSame<T extends Parameters<typeof formatEnvelope>[0]>(
  parse: (payload: Uint8Array) => unknown,
  envelope: T,
): void {
  const parsed = parse(bytes(formatEnvelope(envelope)));

  // JSON knows no negative zero, and what is written is what counts.
  expect(JSON.stringify(parsed)).toBe(JSON.stringify({ ok: true, value: sorted(parsed, envelope) }));
}

/** The envelope with its fields in the order of the parsed one. */
function sorted(parsed: unknown, envelope: object): object {
  const { value: itsValue } = Object(parsed) as { value?: unknown };
  const fields = Object.keys(Object(itsValue));
  return Object.fromEntries(
    Object.entries(envelope).sort(([a], [b]) => fields.indexOf(a) - fields.indexOf(b)),
  );
}
