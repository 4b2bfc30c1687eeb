/** Reads only where packets of MQTT begin and end, to know their length before they have arrived. */
export class PacketFrames {
  readonly maxPacketBytes: number;
  /** Bytes of the current packet still to come; 0 where a packet begins. */
  #left = 0;
  /** Bytes of its header so far. */
  #header = 0;
  #length = 0;

  constructor(maxPacketBytes: number) {
    this.maxPacketBytes = maxPacketBytes;
  }

  /** Takes the next bytes of the stream, in any pieces. */
  check(chunk: Uint8Array): 'packet-too-large' | 'packet-malformed' | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      const finding = this.#readHeader(chunk[at] ?? 0);
      if (finding) return finding;
      at += 1;
    }
    return undefined;
  }

  /** One byte with the type, then the length: seven bits a byte, the lowest first, at most four. */
  #readHeader(byte: number): 'packet-too-large' | 'packet-malformed' | undefined {
    if (this.#header > 0) this.#length += (byte & 0x7f) * 128 ** (this.#header - 1);
    this.#header += 1;
    if (this.#header === 1) return undefined;
    if (this.#length + this.#header > this.maxPacketBytes) return 'packet-too-large';
    if ((byte & 0x80) !== 0) return this.#header > 4 ? 'packet-malformed' : undefined;
    this.#left = this.#length;
    this.#header = 0;
    this.#length = 0;
    return undefined;
  }
}
