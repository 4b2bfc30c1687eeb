import { defineErrors } from '@tiercel/kernel';

export const WorldModelError = defineErrors(
  'WorldModelError',
  {
    WORLD_MODEL_KEY_INVALID: (d: { key: string; finding: string }) =>
      `World model key "${d.key}" is not valid: ${d.finding}. Join segments of A-Z a-z 0-9 _ . : @ - by "/"; at most 200 bytes and 8 segments.`,
    WORLD_MODEL_VALUE_INVALID: (d: { key: string; finding: string }) =>
      `The value for "${d.key}" cannot be stored: ${d.finding}. Store JSON of at most 64 KiB and depth 8.`,
    WORLD_MODEL_FULL: (d: { entries: number; bytes?: number }) =>
      `The world model holds ${d.entries} entries${d.bytes === undefined ? '' : ` of ${d.bytes} bytes together`} and takes no more. Forget some, or give observations a ttlMs.`,
    WORLD_MODEL_CONFLICT: (d: { key: string; baseRevision: number; currentRevision: number }) =>
      `"${d.key}" has changed meanwhile: it is at revision ${d.currentRevision}, not ${d.baseRevision}. Read it again and repeat the change.`,
    WORLD_MODEL_SUPERSEDED: (d: { key: string; hlc: string; newerHlc: string }) =>
      `The observation of "${d.key}" at ${d.hlc} came too late: something newer is known (${d.newerHlc}). Read it again.`,
    WORLD_MODEL_UNWRITABLE: (d: { finding: string }) =>
      `The world model cannot be changed now: ${d.finding}. What is known can still be read; mend that and repeat the change.`,
    WORLD_MODEL_UNREACHABLE: (d: { key: string; finding: string }) =>
      `Only the node that keeps the world model can decide about "${d.key}", and it cannot be asked: ${d.finding}. Try again later.`,
    WORLD_MODEL_SEED_INVALID: (d: { source: string; findings: readonly string[] }) =>
      `The world model cannot be filled from ${d.source}: ${d.findings.join('; ')}. Mend these places and start again.`,
  },
  { retryable: ['WORLD_MODEL_UNREACHABLE'] },
);
