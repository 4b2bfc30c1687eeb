/** Weight of what was learned before. */
const MEMORY = 0.8;

/** Learns how fast this machine speaks, so that a unit is synthesized late but not too late. */
export class SynthesisPace {
  #synthesisMsPerCharacter = 15;

  /** Predicted time to synthesize. */
  predictMs(spoken: string): number {
    return spoken.length * this.#synthesisMsPerCharacter;
  }

  observe(spoken: string, synthesisMs: number): void {
    if (spoken.length === 0) return;
    const observed = synthesisMs / spoken.length;
    this.#synthesisMsPerCharacter = MEMORY * this.#synthesisMsPerCharacter + (1 - MEMORY) * observed;
  }
}
