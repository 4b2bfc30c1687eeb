import { defineErrors } from '@tiercel/kernel';

export const WorldModelError = defineErrors('WorldModelError', {
  WORLD_MODEL_KEY_INVALID: (d: { key: string; finding: string }) =>
    `World model key "${d.key}" is not valid: ${d.finding}. Join segments of A-Z a-z 0-9 _ . : @ - by "/"; at most 200 bytes and 8 segments.`,
  WORLD_MODEL_VALUE_INVALID: (d: { key: string; finding: string }) =>
    `The value for "${d.key}" cannot be stored: ${d.finding}. Store JSON of at most 64 KiB and depth 8.`,
  WORLD_MODEL_FULL: (d: { entries: number }) =>
    `The world model holds ${d.entries} entries and takes no new ones. Forget some, or give observations a ttlMs.`,
  WORLD_MODEL_CONFLICT: (d: { key: string; baseRevision: number; currentRevision: number }) =>
    `"${d.key}" has changed meanwhile: it is at revision ${d.currentRevision}, not ${d.baseRevision}. Read it again and repeat the change.`,
  WORLD_MODEL_SEED_INVALID: (d: { source: string; findings: readonly string[] }) =>
    `The world model cannot be filled from ${d.source}: ${d.findings.join('; ')}. Mend these places and start again.`,
});
