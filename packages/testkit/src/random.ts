/** Numbers from 0 to below 1 that look random and follow from the seed (xorshift32). */
export function createRandom(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e37_79b9) ^ 0x85eb_ca6b) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
