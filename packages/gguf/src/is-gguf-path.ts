/** A text with a separator, or that ends in `.gguf`, is a path; everything else is a name of a catalogue. */
export function isGgufPath(model: string): boolean {
  return /[\\/]|\.gguf$/i.test(model);
}
