import { WorldModelError } from './errors.js';
import { isHlc } from './hybrid-clock.js';
import { worldLimits } from './world-limits.js';
import type { WorldObservation, WorldValue } from './world-model.js';

const segmentPattern = /^[A-Za-z0-9_.:@-]+$/;

/** Throws `WORLD_MODEL_KEY_INVALID` unless `key` may name an entry. */
export function checkWorldKey(key: string): void {
  const finding = findInKey(key);
  if (finding === undefined) return;
  throw new WorldModelError('WORLD_MODEL_KEY_INVALID', {
    key: String(key).slice(0, worldLimits.keyBytes),
    finding,
  });
}

/** Like `checkWorldKey`, but the empty prefix, which means everything, passes. */
export function checkWorldPrefix(prefix: string): void {
  if (prefix !== '') checkWorldKey(prefix);
}

/** Whether `key` is `prefix` or lies below it. */
export function isAtOrBelow(key: string, prefix: string): boolean {
  return prefix === '' || key === prefix || (key.startsWith(prefix) && key[prefix.length] === '/');
}

/** Checks key, value and lifetime, and returns a frozen copy of the value that shares nothing with the caller. */
export function copyWorldValue(observation: WorldObservation): WorldValue {
  const { key, ttlMs, timeMs } = observation;
  checkWorldKey(key);
  checkHlc(key, observation.hlc);
  const refuse = (finding: string) => new WorldModelError('WORLD_MODEL_VALUE_INVALID', { key, finding });
  if (timeMs !== undefined && !(Number.isSafeInteger(timeMs) && timeMs >= 0)) {
    throw refuse('its timeMs is not a whole number of milliseconds since 1970');
  }
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
    throw refuse('its ttlMs is not a whole number above 0');
  }
  const copy = copyJson(observation.value, 0, refuse);
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes > worldLimits.valueBytes) throw refuse(`it has ${bytes} bytes`);
  return copy;
}

/** Throws `WORLD_MODEL_VALUE_INVALID` unless `hlc` is a hybrid time or left out. */
export function checkHlc(key: string, hlc: string | undefined): void {
  if (hlc === undefined || isHlc(hlc)) return;
  throw new WorldModelError('WORLD_MODEL_VALUE_INVALID', { key, finding: 'its hlc is not a hybrid time' });
}

function findInKey(key: unknown): string | undefined {
  if (typeof key !== 'string' || key === '') return 'it is empty';
  if (Buffer.byteLength(key) > worldLimits.keyBytes) return 'it is too long';
  const segments = key.split('/');
  if (segments.length > worldLimits.keySegments) return `it has ${segments.length} segments`;
  const wrong = segments.findIndex((segment) => !segmentPattern.test(segment));
  return wrong === -1 ? undefined : `segment ${wrong + 1} is empty or has other characters`;
}

function copyJson(value: unknown, depth: number, refuse: (finding: string) => Error): WorldValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refuse('JSON has no such number');
    return value;
  }
  if (typeof value !== 'object') throw refuse(`JSON has no ${typeof value}`);
  if (depth === worldLimits.valueDepth) throw refuse('it is nested too deeply');
  if (Array.isArray(value)) {
    // Array.from also visits holes, which JSON cannot express.
    return Object.freeze(Array.from(value, (item) => copyJson(item, depth + 1, refuse)));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a worker, a test runner) have another Object.prototype, whose own prototype is null too.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw refuse('it holds something else than plain objects');
  }
  // fromEntries defines properties, so a key "__proto__" stays data.
  return Object.freeze(
    Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, copyJson(item, depth + 1, refuse)]),
    ),
  );
}
