import type { WorldChange, WorldEntry } from '@tiercel/capabilities/world-model';
import { NameTrie } from './name-trie.js';
import type { Filling } from './slot.js';
import type { Speech } from './speech.js';
import type { Token } from './tokenizer.js';
import type { Found } from './word-trie.js';

interface Device {
  /** Keys that are known of it; without any it is gone. */
  readonly keys: Set<string>;
  name: string | undefined;
  aliases: readonly string[];
}

/** Names of the devices in the world model, ready to be found in sentences. */
export class DeviceNames {
  #devices = new Map<string, Device>();
  /** By language; emptied when a name changes, filled when a sentence needs it. */
  #tries = new Map<Speech, NameTrie<Filling>>();

  get count(): number {
    return this.#devices.size;
  }

  /** Starts again from these entries. */
  reset(entries: readonly WorldEntry[]): void {
    this.#devices = new Map();
    this.#tries = new Map();
    for (const entry of entries) this.#put(entry);
  }

  apply(change: Exclude<WorldChange, { readonly type: 'reset' }>): void {
    if (change.type === 'entry-put') this.#put(change.entry);
    else this.#forget(change.key);
  }

  find(speech: Speech, tokens: readonly Token[], start: number): readonly Found<Filling>[] {
    let trie = this.#tries.get(speech);
    if (!trie) {
      trie = this.#makeTrie(speech);
      this.#tries.set(speech, trie);
    }
    return trie.find(tokens, start);
  }

  #makeTrie(speech: Speech): NameTrie<Filling> {
    const trie = new NameTrie<Filling>(speech);
    for (const [id, { name, aliases }] of this.#devices) {
      const spoken = name ?? id.replace(/[-_.:@]+/g, ' ');
      // One object per device: a name that is also an alias is no second reading.
      const filling = { value: id, say: spoken };
      for (const phrase of [spoken, ...aliases]) trie.add(phrase, filling);
    }
    return trie;
  }

  #put({ key, value }: WorldEntry): void {
    const [kind, id, field] = key.split('/');
    if (kind !== 'device' || id === undefined) return;
    let device = this.#devices.get(id);
    if (!device) {
      device = { keys: new Set(), name: undefined, aliases: [] };
      this.#devices.set(id, device);
      this.#tries.clear();
    }
    device.keys.add(key);
    if (key === `device/${id}/${field}`) this.#setNames(device, field, value);
  }

  #forget(key: string): void {
    const [kind, id, field] = key.split('/');
    const device = id === undefined ? undefined : this.#devices.get(id);
    if (kind !== 'device' || id === undefined || !device) return;
    device.keys.delete(key);
    if (device.keys.size === 0) {
      this.#devices.delete(id);
      this.#tries.clear();
    } else if (key === `device/${id}/${field}`) {
      this.#setNames(device, field, undefined);
    }
  }

  #setNames(device: Device, field: string | undefined, value: unknown): void {
    if (field === 'name')
      device.name = typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
    else if (field === 'aliases') {
      device.aliases = Array.isArray(value) ? value.filter((alias) => typeof alias === 'string') : [];
    } else return;
    this.#tries.clear();
  }
}
