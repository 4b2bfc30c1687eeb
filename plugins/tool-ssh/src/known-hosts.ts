import { createHmac } from 'node:crypto';

/** One usable line of a known hosts file. */
export interface KnownHost {
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  readonly hosts: HostPattern;
  readonly type: string;
  readonly key: Buffer;
}

type HostPattern =
  | { readonly kind: 'hashed'; readonly salt: Buffer; readonly hash: Buffer }
  | { readonly kind: 'plain'; readonly patterns: readonly NamePattern[] };

interface NamePattern {
  readonly isNegated: boolean;
  readonly pattern: string;
}

/** Reads the format of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". Lines that are not in it are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const entry = parseLine(line.trim(), index + 1);
    return entry ? [entry] : [];
  });
}

/** The entries for a host: a port other than 22 is part of the name, as in `[host]:2222`. */
export function entriesFor(
  entries: readonly KnownHost[],
  address: string,
  port: number,
): readonly KnownHost[] {
  const name = knownName(address, port);
  return entries.filter(({ hosts }) => isMatch(hosts, name));
}

export function knownName(address: string, port: number): string {
  const lower = address.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

function isMatch(hosts: HostPattern, name: string): boolean {
  if (hosts.kind === 'hashed') return createHmac('sha1', hosts.salt).update(name).digest().equals(hosts.hash);
  const hits = hosts.patterns.filter(({ pattern }) => fits(pattern, name));
  return hits.length > 0 && hits.every(({ isNegated }) => !isNegated);
}

function parseLine(line: string, number: number): KnownHost | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const fields = line.split(/[ \t]+/);
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  const [names, type, encoded] = fields;
  if (names === undefined || type === undefined || encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  const hosts = parseHosts(names);
  // A key begins with the name of its own type: whatever else says so is not one.
  if (!hosts || keyTypeOf(key) !== type) return undefined;
  const kind =
    marker === '@revoked' ? 'revoked' : marker === '@cert-authority' ? 'cert-authority' : undefined;
  return { line: number, marker: kind, hosts, type, key };
}

function parseHosts(names: string): HostPattern | undefined {
  if (names.startsWith('|')) {
    const [, version, salt = '', hash = ''] = names.split('|');
    if (version !== '1' || salt === '' || hash === '') return undefined;
    return { kind: 'hashed', salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  }
  const patterns = names
    .toLowerCase()
    .split(',')
    .filter((name) => name !== '' && name !== '!')
    .map((name) => {
      const isNegated = name.startsWith('!');
      return { isNegated, pattern: isNegated ? name.slice(1) : name };
    });
  return { kind: 'plain', patterns };
}

/** `*` stands for any characters and `?` for one. Only the last `*` is ever tried again, so that no pattern takes long. */
function fits(pattern: string, name: string): boolean {
  let place = 0;
  let star = -1;
  let afterStar = 0;
  for (let at = 0; at < name.length; ) {
    const wanted = pattern[place];
    if (wanted === '*') {
      star = place++;
      afterStar = at;
    } else if (wanted === '?' || wanted === name[at]) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++afterStar;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(place));
}

/** The type that a public key in SSH format names at its beginning. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > 64 || key.length < 4 + length ? '' : key.subarray(4, 4 + length).toString('latin1');
}
