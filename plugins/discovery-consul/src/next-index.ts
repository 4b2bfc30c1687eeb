/**
 * What the next query blocks on: 0 does not block. An index that is missing or went backwards means that Consul lost its
 * state, so it is asked anew; 0 itself would never block, and becomes 1.
 */
export function nextIndex(asked: number, answered: string | undefined): number {
  if (answered === undefined || !/^\d{1,20}$/.test(answered)) return 0;
  const index = Number(answered);
  if (!Number.isSafeInteger(index) || index < asked) return 0;
  return Math.max(index, 1);
}
