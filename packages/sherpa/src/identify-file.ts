const kinds: readonly (readonly [prefix: string, kind: string])[] = [
  ['GGUF', 'a GGUF model (for llama.cpp)'],
  ['version https://git-lfs', 'a Git LFS pointer, not the file itself'],
  ['<', 'an HTML or XML page, as a failed download leaves it'],
  ['{', 'a JSON text'],
  ['PK\x03\x04', 'a ZIP archive'],
  ['\x1f\x8b', 'a gzip archive'],
  ['BZh', 'a bzip2 archive'],
  ['ustar', 'a tar archive'],
  ['RIFF', 'a WAV recording'],
  ['TFL3', 'a TensorFlow Lite model'],
];

/** What the first bytes of a file that is no ONNX model look like. */
export function identifyFile(head: Uint8Array): string {
  const text = String.fromCharCode(...head.subarray(0, 64)).trimStart();
  return kinds.find(([prefix]) => text.startsWith(prefix))?.[1] ?? 'something unknown';
}
