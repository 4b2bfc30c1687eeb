/** Beginnings of files that people take for WAV, with the name they know. `offset` 0 unless given. */
const signatures: readonly { readonly text: string; readonly offset?: number; readonly name: string }[] = [
  { text: 'ID3', name: 'MP3' },
  { text: 'OggS', name: 'Ogg (Vorbis or Opus)' },
  { text: 'fLaC', name: 'FLAC' },
  { text: 'ftyp', offset: 4, name: 'MP4 or M4A' },
  { text: 'AVI ', offset: 8, name: 'AVI video' },
  { text: 'AIFF', offset: 8, name: 'AIFF' },
  { text: 'AIFC', offset: 8, name: 'AIFF' },
  { text: 'RIFX', name: 'big-endian WAV (RIFX)' },
  { text: 'riff', name: 'Wave64' },
  { text: 'wvpk', name: 'WavPack' },
  { text: 'caff', name: 'Core Audio (CAF)' },
  { text: '.snd', name: 'Sun/NeXT AU' },
  { text: '#!AMR', name: 'AMR' },
  { text: '\x1aE\xdf\xa3', name: 'WebM or Matroska' },
  { text: '0&\xb2u', name: 'Windows Media' },
  { text: 'PK\x03\x04', name: 'a ZIP archive' },
  { text: '\x1f\x8b', name: 'a gzip archive' },
  { text: 'version https://git-lfs', name: 'a Git LFS pointer (run "git lfs pull")' },
  { text: '<', name: 'a web page or XML' },
  { text: '{', name: 'JSON text' },
  { text: 'RIFF', name: 'another kind of RIFF file' },
];

/** Best guess at the kind of a file that is not WAV, by its first bytes. */
export function identifyAudio(bytes: Uint8Array): string {
  const known = signatures.find(({ text, offset = 0 }) => startsWith(bytes, text, offset));
  if (known) return known.name;
  const [first = 0, second = 0] = bytes;
  // MPEG audio begins with 11 set bits; where two more say "layer 0" it is AAC in ADTS.
  if (first === 0xff && (second & 0xe0) === 0xe0) return (second & 0x06) === 0 ? 'AAC' : 'MP3';
  return bytes.every((byte) => byte === 0) ? 'nothing but zero bytes' : 'raw samples or an unknown format';
}

export function startsWith(bytes: Uint8Array, text: string, offset: number): boolean {
  if (bytes.length < offset + text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[offset + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
