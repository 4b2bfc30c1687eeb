const codes: Readonly<Record<string, string>> = {
  a: '.-',
  b: '-...',
  c: '-.-.',
  d: '-..',
  e: '.',
  f: '..-.',
  g: '--.',
  h: '....',
  i: '..',
  j: '.---',
  k: '-.-',
  l: '.-..',
  m: '--',
  n: '-.',
  o: '---',
  p: '.--.',
  q: '--.-',
  r: '.-.',
  s: '...',
  t: '-',
  u: '..-',
  v: '...-',
  w: '.--',
  x: '-..-',
  y: '-.--',
  z: '--..',
  0: '-----',
  1: '.----',
  2: '..---',
  3: '...--',
  4: '....-',
  5: '.....',
  6: '-....',
  7: '--...',
  8: '---..',
  9: '----.',
};

/** A stretch of sound or silence; one unit is the length of a dot. */
export interface Signal {
  readonly isTone: boolean;
  readonly units: number;
}

/** The signals of a text, each tone with the silence behind it. What Morse code has no sign for is left out. */
export function* signalsOf(text: string): Generator<Signal> {
  const letters = text.toLowerCase().normalize('NFD');
  for (const word of letters.split(/\s+/)) {
    const signs = [...word].flatMap((letter) => codes[letter] ?? []);
    for (const [index, sign] of signs.entries()) {
      const isLastOfWord = index === signs.length - 1;
      for (const [place, mark] of [...sign].entries()) {
        const isLastOfSign = place === sign.length - 1;
        yield { isTone: true, units: mark === '.' ? 1 : 3 };
        yield { isTone: false, units: isLastOfSign ? (isLastOfWord ? 7 : 3) : 1 };
      }
    }
  }
}
