import { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import { type Recording, readRecording } from '@tiercel/conversation';
import { bootNode } from '../boot-node.js';
import { type BadFile, checkRecordings } from '../check-recordings.js';
import type { Context } from '../context.js';
import { EXIT, exitCodeOf } from '../exit-code.js';
import { framesOf } from '../frames.js';
import { describeError, reportError } from '../report-error.js';
import { shortenPauses } from '../shorten-pauses.js';

export interface TranscribeOptions {
  readonly tier?: string;
  readonly language?: string;
  readonly json?: boolean;
}

interface Transcript {
  readonly file: string;
  readonly text: string;
  readonly language: string;
  readonly audioMs: number;
  readonly tookMs: number;
}

/** Writes down what is said in each file. Files that cannot be used are told together; the others are done. */
export async function transcribe(
  context: Context,
  files: readonly string[],
  { tier, language, json = false }: TranscribeOptions,
): Promise<number> {
  const { terminal, signal, isDebug } = context;
  const { good, bad } = await checkRecordings(files, { signal });
  const [first] = bad;
  if (first && files.length === 1) throw first.error;
  const failed: BadFile[] = [...bad];
  const transcripts: Transcript[] = [];
  if (good.length > 0) {
    await using node = await bootNode(context, {
      tier,
      only: [SpeechToText.id],
      ifOffered: [VoiceActivityDetector.id],
    });
    const recogniser = node.get(SpeechToText);
    const [detector] = node.getAll(VoiceActivityDetector);
    for (const [index, file] of good.entries()) {
      try {
        const recording = await readRecording(file, { signal });
        const transcript = await transcribeOne(recogniser, detector, recording, { index, language, signal });
        transcripts.push(transcript);
        if (!json) terminal.print(files.length > 1 ? `${file}: ${transcript.text}` : transcript.text);
      } catch (error) {
        signal.throwIfAborted();
        if (files.length === 1) throw error;
        failed.push({ file, error, ...describeError(error) });
      }
    }
  }
  if (json) {
    const errors = failed.map(({ file, code, message }) => ({ file, code, message }));
    terminal.print(JSON.stringify({ transcripts, errors }, undefined, 2));
  } else {
    for (const { error } of failed) reportError(error, { terminal, isJson: false, isDebug });
  }
  return failed.length === 0 ? 0 : Math.max(...failed.map(({ error }) => exitCodeOf(error)), EXIT.failed);
}

async function transcribeOne(
  recogniser: SpeechToText,
  detector: VoiceActivityDetector | undefined,
  recording: Recording,
  {
    index,
    language,
    signal,
  }: { readonly index: number; readonly language: string | undefined; readonly signal: AbortSignal },
): Promise<Transcript> {
  const startedMs = performance.now();
  const speech = detector ? await shortenPauses(recording, detector, { signal }) : recording;
  const frames = framesOf(speech, recogniser.features.sampleRateHz);
  const finals = { text: '', language: '' };
  for await (const event of recogniser.transcribe(frames, {
    utteranceId: `file-${index}`,
    language,
    signal,
  })) {
    if (event.type === 'transcript-final')
      Object.assign(finals, { text: event.text, language: event.language });
  }
  return {
    file: recording.name,
    ...finals,
    audioMs: Math.round((recording.pcm.length * 1000) / recording.sampleRateHz),
    tookMs: Math.round(performance.now() - startedMs),
  };
}
