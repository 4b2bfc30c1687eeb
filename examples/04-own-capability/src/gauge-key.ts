/** Entry of the world model where the gauge of a harbour writes the time of each high water, milliseconds since 1970. */
export function gaugeKey(harbour: string): string {
  return `gauge/${harbour.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}/high-water`;
}
