import { worldLimits } from '@tiercel/capabilities/world-model';
import { GatewayError } from '../errors.js';

/** What is written under a key. The world model checks what the numbers mean. */
export interface WriteRequest {
  readonly value: unknown;
  readonly ttlMs?: number;
  readonly baseRevision?: number;
  readonly timeMs?: number;
  readonly hlc?: string;
}

const numbers = ['ttlMs', 'baseRevision', 'timeMs'];
const fields = ['value', ...numbers, 'hlc'];

export function parseWriteRequest(body: unknown): WriteRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid(['the body is not an object']);
  const given = body as Readonly<Record<string, unknown>>;
  const findings: string[] = [];
  if (!Object.hasOwn(given, 'value')) findings.push('"value" is missing');
  if (Object.keys(given).some((name) => !fields.includes(name)))
    findings.push(`the body has an unknown field; there are ${fields.join(', ')}`);
  for (const name of numbers) {
    const number = given[name];
    if (number !== undefined && !(Number.isSafeInteger(number) && Number(number) >= 0))
      findings.push(`"${name}" is not a whole number`);
  }
  if (given['hlc'] !== undefined && typeof given['hlc'] !== 'string') findings.push('"hlc" is not text');
  if (findings.length > 0) throw invalid(findings);
  const bytes = Buffer.byteLength(JSON.stringify(given['value']));
  const limitBytes = worldLimits.valueBytes;
  if (bytes > limitBytes) throw new GatewayError('GATEWAY_VALUE_TOO_LARGE', { bytes, limitBytes });
  // Each was checked above.
  return given as unknown as WriteRequest;
}

function invalid(findings: readonly string[]): Error {
  return new GatewayError('GATEWAY_FIELDS_INVALID', { findings });
}
