/** Languages that are written without spaces between words. */
const UNSPACED = new Set(['ja', 'zh', 'yue', 'th', 'lo', 'km', 'my']);

/** Control tokens such as `<|en|>`. */
const CONTROL_TOKENS = /<\|[^|<>]*\|>/g;

/** What the model writes for sounds that are no speech: `[Music]`, `(wind blowing)`, `*coughs*`, notes. */
const SOUND = /\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|[♪♫]+/gu;

/** Anything that could be said. */
const SPEAKABLE = /[\p{Letter}\p{Number}]/u;

/** Text without what the model writes around speech. Never judges whether the words themselves were said. */
export function cleanTranscript(raw: string): string {
  const text = raw.replace(CONTROL_TOKENS, ' ').replace(/\s+/g, ' ').trim();
  // Brackets within a sentence may have been dictated; a transcript of nothing but sounds was silence.
  return SPEAKABLE.test(text.replace(SOUND, '')) ? text : '';
}

/** Pieces of one utterance as one text. */
export function joinTranscripts(texts: readonly string[], language: string): string {
  return texts.filter(Boolean).join(UNSPACED.has(language) ? '' : ' ');
}
