import { createHash } from 'node:crypto';

const MAX_LENGTH = 64;
const HASH_LENGTH = 6;

/**
 * Our name for a tool of a server: lower case, all but letters and digits become `_`. Names that had to be shortened get a hash
 * of the original, so that different tools never share one for that reason.
 */
export function toolName(prefix: string, original: string): string {
  const plain = `${prefix}${original}`
    // `readFile` reads better as `read_file`, and its capitals are gone either way.
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/_$/, '');
  const name = /^[a-z]/.test(plain) ? plain : `tool_${plain.replace(/^_/, '')}`;
  return name.length > MAX_LENGTH ? hashedName(name, original) : name;
}

/** The name for one of several tools whose names would be the same. It does not depend on the others. */
export function hashedName(name: string, original: string): string {
  const hash = createHash('sha256').update(original).digest('hex').slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_LENGTH - HASH_LENGTH - 1).replace(/_$/, '')}_${hash}`;
}
