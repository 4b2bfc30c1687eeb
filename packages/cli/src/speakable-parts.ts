/** Voices take a unit of text at a time; this is well below what any of ours refuses. */
const MAX_CHARACTERS = 240;

/** Cuts a text at sentence ends, and longer sentences at spaces, into parts that a voice can take one after the other. */
export function speakableParts(text: string, language = 'en'): string[] {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  const parts: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    let rest = segment.replace(/\s+/g, ' ').trim();
    while (rest.length > MAX_CHARACTERS) {
      const space = rest.lastIndexOf(' ', MAX_CHARACTERS);
      const cut = space > 0 ? space : MAX_CHARACTERS;
      parts.push(rest.slice(0, cut).trim());
      rest = rest.slice(cut).trim();
    }
    if (rest !== '') parts.push(rest);
  }
  return parts;
}
