/** The name of a package without its scope: what a manifest calls it by default. */
export function keyOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
