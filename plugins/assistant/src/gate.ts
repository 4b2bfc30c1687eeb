import { deflateSync } from 'node:zlib';
import type { RejectionEvidence } from '@tiercel/capabilities/assistant';
import { inLanguage } from './in-language.js';

/** What the audio says about an utterance, whatever the recogniser made of it. */
export interface SpeechEvidence {
  /** Time in which the detector heard speech. */
  readonly speechMs: number;
  /** From the first to the last of it. */
  readonly spanMs: number;
  readonly levelDbfs: number;
  readonly floorDbfs: number;
}

const MIN_SPEECH_MS = 250;
const MIN_SPEECH_RATIO = 0.3;
const MIN_LEVEL_ABOVE_FLOOR_DB = 6;
const DOUBTFUL_SPEECH_MS = 1_000;
const DOUBTFUL_SPEECH_RATIO = 0.5;
const MAX_COMPRESSION_RATIO = 2.4;
/** Whisper stops at 6 tokens per second of audio and pads what is shorter than 1.5 s. */
const TOKENS_PER_SECOND = 6;
const SHORTEST_DECODED_MS = 1_500;

/** What recognisers like to hear in silence, by language, as `plain` writes it. */
const GHOSTS: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set([
    'you',
    'bye',
    'bye bye',
    'thank you',
    'thanks',
    'thank you very much',
    'thank you for watching',
    'thanks for watching',
    'please subscribe',
    'subtitles by the amara org community',
  ]),
  de: new Set([
    'danke',
    'vielen dank',
    'tschüss',
    'untertitel der amara org community',
    'untertitel im auftrag des zdf',
  ]),
  fr: new Set(['merci', 'merci beaucoup', 'sous titres réalisés par la communauté d amara org', 'au revoir']),
  es: new Set([
    'gracias',
    'muchas gracias',
    'gracias por ver el vídeo',
    'subtítulos realizados por la comunidad de amara org',
  ]),
};

/**
 * Whether a transcript is trusted. Recognisers invent text in noise and give no sign of doubt, so the evidence comes from
 * the audio and from repetition in the text. Returns the cause of a rejection with its figures, or `undefined`.
 */
export function rejectTranscript(
  text: string,
  evidence: SpeechEvidence,
  language: string,
): RejectionEvidence | undefined {
  const { speechMs, spanMs, levelDbfs, floorDbfs } = evidence;
  const speechRatio = spanMs > 0 ? Math.min(1, speechMs / spanMs) : 0;
  const cause = causeOf(plain(text), { ...evidence, speechRatio }, language);
  return cause && { cause, speechMs, speechRatio, levelDbfs, floorDbfs };
}

function causeOf(
  text: string,
  evidence: SpeechEvidence & { readonly speechRatio: number },
  language: string,
): RejectionEvidence['cause'] | undefined {
  const { speechMs, speechRatio, levelDbfs, floorDbfs } = evidence;
  if (text === '') return 'empty';
  if (speechMs < MIN_SPEECH_MS || speechRatio < MIN_SPEECH_RATIO) return 'speech';
  if (levelDbfs < floorDbfs + MIN_LEVEL_ABOVE_FLOOR_DB) return 'level';
  const isDoubtful = speechMs < DOUBTFUL_SPEECH_MS || speechRatio < DOUBTFUL_SPEECH_RATIO;
  if (isDoubtful && inLanguage(GHOSTS, language)?.has(text)) return 'phrase';
  if (isRepetition(text, evidence.spanMs)) return 'repetition';
  return undefined;
}

/** Words only: no notes such as "[music]", no punctuation, lower case. */
function plain(text: string): string {
  return text
    .replace(/\[[^\]]*\]|\([^)]*\)|♪[^♪]*♪?/gu, ' ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function isRepetition(text: string, spanMs: number): boolean {
  const bytes = Buffer.from(text);
  if (bytes.length / deflateSync(bytes).length > MAX_COMPRESSION_RATIO) return true;
  const words = text.split(' ');
  const cap = (TOKENS_PER_SECOND * Math.max(spanMs, SHORTEST_DECODED_MS)) / 1000;
  return words.length >= 0.8 * cap && longestRun(words) >= 0.8 * words.length;
}

/** Most words that are one group of 1 to 4 words, said at least four times in a row. */
function longestRun(words: readonly string[]): number {
  let longest = 0;
  for (let size = 1; size <= 4; size++) {
    let run = size;
    for (let index = size; index < words.length; index++) {
      run = words[index] === words[index - size] ? run + 1 : size;
      if (run >= 4 * size) longest = Math.max(longest, run);
    }
  }
  return longest;
}
