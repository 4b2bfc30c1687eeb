import type { WorldEntry } from '@tiercel/capabilities/world-model';

/** What the world model knows about one device. */
export interface Device {
  readonly id: string;
  /** To be said. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Everything else by name: `type`, `location`, `state`, `brightness` … */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Reads devices from entries `device/<id>/<fact>`, sorted as they are. */
export function readDevices(entries: readonly WorldEntry[]): readonly Device[] {
  const factsById = new Map<string, Map<string, unknown>>();
  for (const { key, value } of entries) {
    const [kind, id, fact, ...deeper] = key.split('/');
    if (kind !== 'device' || id === undefined || fact === undefined || deeper.length > 0) continue;
    const facts = factsById.get(id) ?? new Map<string, unknown>();
    factsById.set(id, facts.set(fact, value));
  }
  return [...factsById].map(([id, facts]) => {
    const { name, aliases, ...others } = Object.fromEntries(facts);
    return {
      id,
      name: typeof name === 'string' && name.trim() !== '' ? name.trim() : id.replace(/[-_.:@]+/g, ' '),
      aliases: Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === 'string') : [],
      facts: others,
    };
  });
}

/** The devices that `wanted` names: the one with this id, else all with this name or alias, however it is written. */
export function findDevices(devices: readonly Device[], wanted: string): readonly Device[] {
  const exact = devices.filter(({ id }) => id === wanted);
  if (exact.length > 0) return exact;
  const words = plainName(wanted);
  if (words === '') return [];
  return devices.filter(({ id, name, aliases }) =>
    [id, name, ...aliases].some((known) => plainName(known) === words),
  );
}

function plainName(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .replace(/^(?:the|der|die|das|den|dem|le|la|les|l|el|los|las|my|our) (?=.)/, '');
}
