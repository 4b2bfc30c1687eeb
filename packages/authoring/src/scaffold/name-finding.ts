import { builtinModules } from 'node:module';

const longestName = 214;

/** Why npm, or a manifest, would not take `name` for a package; `undefined` if both do. */
export function nameFinding(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > longestName) return `it is longer than ${longestName} characters`;
  if (name !== name.toLowerCase()) return 'it has upper-case letters';
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z][a-z0-9._-]*$/.test(name)) {
    return 'it is not made of letters, digits, "-", "." and "_", beginning with a letter, after an @scope/ if it has one';
  }
  if (builtinModules.includes(name)) return 'a module of Node is called that';
  return ['node_modules', 'favicon.ico', 'null', 'true', 'false'].includes(keyOf(name))
    ? 'this name means something else'
    : undefined;
}

/** What a plugin is called in a manifest and in the names of its files: its package without the scope. */
export function keyOf(name: string): string {
  return name.split('/').at(-1) ?? name;
}
