import { createHash, timingSafeEqual } from 'node:crypto';

/** Whoever owns the key that a request came with. */
export interface Caller {
  readonly name: string;
  /** An area (`models`, `tools`, `world`, `metrics`) as a whole, or one thing of it: `models:assistant`, `tools:get_time`, `world:read`. */
  readonly scopes: readonly string[];
}

export interface Key extends Caller {
  /** SHA-256 of the key. */
  readonly digest: Buffer;
}

export const ANONYMOUS: Caller = { name: 'anonymous', scopes: ['models', 'tools', 'world', 'metrics'] };

export function may({ scopes }: Caller, area: string, thing?: string): boolean {
  return scopes.includes(area) || (thing !== undefined && scopes.includes(`${area}:${thing}`));
}

/** Keys are known by their digest only, so nothing that is printed or dumped can give one away. */
export class KeyRing {
  readonly #keys: readonly Key[];

  constructor(keys: readonly Key[]) {
    this.#keys = keys;
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** Takes equally long whatever the header holds, and whichever key it is. */
  find(authorization: string | undefined): Caller | 'missing' | 'wrong' {
    const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return 'missing';
    // Node gives header bytes as latin1; this gets them back, so a key may be any text.
    const digest = sha256(Buffer.from(token, 'latin1'));
    let found: Caller | undefined;
    for (const { name, scopes, digest: known } of this.#keys) {
      if (timingSafeEqual(digest, known)) found = { name, scopes };
    }
    return found ?? 'wrong';
  }
}

export function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}
