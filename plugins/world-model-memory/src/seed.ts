import { copyWorldValue, type WorldObservation } from '@tiercel/capabilities/world-model';

type Path = readonly (string | number)[];
type Fields = Readonly<Record<string, unknown>>;

/** Says where in its source a path is, for whoever mends it. */
export type Locate = (path: Path) => string;

/** Turns descriptions of devices and locations into observations, and notes everything that is wrong with them. */
export class Seed {
  readonly observations: WorldObservation[] = [];
  readonly findings: string[] = [];
  readonly #places = new Map<string, string>();

  /** `locations[].infrastructure[]` and `devices[]`. */
  addDocument(document: unknown, locate: Locate): void {
    if (document === null || document === undefined) return;
    if (!isRecord(document)) {
      this.#note(locate([]), 'is not a map with "locations" and "devices"');
      return;
    }
    for (const key of Object.keys(document)) {
      if (key !== 'locations' && key !== 'devices') {
        this.#note(locate([key]), `"${key}" is not known here; use "locations" and "devices"`);
      }
    }
    this.#each(document.locations, ['locations'], locate, (location, path) =>
      this.#addLocation(location, path, locate),
    );
    this.#each(document.devices, ['devices'], locate, (device, path) =>
      this.#addDevice(device, path, locate),
    );
  }

  /** Devices by id. */
  addDevices(devices: Fields, locate: Locate): void {
    for (const [id, device] of Object.entries(devices)) {
      if (!isRecord(device)) this.#note(locate([id]), 'is not a map');
      else if (device.id !== undefined && device.id !== id)
        this.#note(locate([id]), 'has another "id" inside');
      else this.#addDevice({ ...device, id }, [id], locate);
    }
  }

  #addLocation(location: Fields, path: Path, locate: Locate): void {
    const id = this.#claim('location', location, path, locate);
    if (id === undefined) return;
    const { id: _, infrastructure, ...fields } = location;
    this.#addFields(`location/${id}`, fields, path, locate);
    this.#each(infrastructure, [...path, 'infrastructure'], locate, (device, devicePath) =>
      this.#addDevice({ location_id: id, ...device }, devicePath, locate),
    );
  }

  #addDevice(device: Fields, path: Path, locate: Locate): void {
    const id = this.#claim('device', device, path, locate);
    if (id === undefined) return;
    const { id: _, location_id: locationId, state, ...fields } = device;
    this.#addFields(
      `device/${id}`,
      {
        ...(locationId !== undefined && { location: locationId }),
        // YAML 1.1 readers, and people who write JSON, say true for on.
        ...(state !== undefined && { state: typeof state === 'boolean' ? (state ? 'on' : 'off') : state }),
        ...fields,
      },
      path,
      locate,
    );
  }

  #addFields(prefix: string, fields: Fields, path: Path, locate: Locate): void {
    for (const [name, value] of Object.entries(fields)) {
      if (value === null || value === undefined) continue;
      const place = locate([...path, name]);
      const finding = findInField(name, value);
      if (finding !== undefined) {
        this.#note(place, finding);
        continue;
      }
      const observation = { key: `${prefix}/${name}`, value, origin: 'seed' };
      try {
        copyWorldValue(observation);
        this.observations.push(observation);
      } catch (error) {
        this.#note(place, error instanceof Error ? error.message : 'cannot be stored');
      }
    }
  }

  #claim(kind: 'device' | 'location', fields: Fields, path: Path, locate: Locate): string | undefined {
    const { id } = fields;
    const place = locate(path);
    if (typeof id !== 'string' || !/^[A-Za-z0-9_.:@-]{1,100}$/.test(id)) {
      this.#note(place, `a ${kind} needs an "id" of 1 to 100 letters, digits or _ . : @ -`);
      return undefined;
    }
    const earlier = this.#places.get(`${kind}/${id}`);
    if (earlier !== undefined) {
      this.#note(place, `${kind} "${id}" is there already (${earlier})`);
      return undefined;
    }
    this.#places.set(`${kind}/${id}`, place);
    return id;
  }

  #each(list: unknown, path: Path, locate: Locate, add: (item: Fields, path: Path) => void): void {
    if (list === undefined || list === null) return;
    if (!Array.isArray(list)) {
      this.#note(locate(path), `"${path.at(-1)}" is not a list`);
      return;
    }
    for (const [index, item] of list.entries()) {
      if (isRecord(item)) add(item, [...path, index]);
      else this.#note(locate([...path, index]), 'is not a map');
    }
  }

  #note(place: string, finding: string): void {
    this.findings.push(`${place}: ${finding}`);
  }
}

function findInField(name: string, value: unknown): string | undefined {
  if (['name', 'type', 'location'].includes(name) && (typeof value !== 'string' || value.trim() === '')) {
    return `"${name}" is not text`;
  }
  if (name === 'aliases' && !(Array.isArray(value) && value.every((alias) => typeof alias === 'string'))) {
    return '"aliases" is not a list of text';
  }
  return undefined;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
