import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { loudspeaker, silentOutput } from '../audio-overlays.js';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { showTurn } from '../conversation-view.js';
import { CliError } from '../errors.js';
import { openRecorder } from '../open-recorder.js';
import { paintFor } from '../paint.js';
import { readRecordings } from '../read-recordings.js';
import { holdSession, type SessionTurn } from '../session.js';
import { toJson } from '../turn-json.js';
import { typedLines } from '../typed-lines.js';

export interface TalkOptions {
  readonly input?: readonly string[];
  readonly mic?: boolean;
  /** `true` reads turns from standard input. */
  readonly text?: readonly string[] | true;
  readonly output?: string;
  readonly language?: string;
  readonly tier?: string;
  readonly json?: boolean;
}

/** Holds a conversation and shows its turns as they end. */
export async function talk(context: Context, options: TalkOptions): Promise<number> {
  const { terminal, signal } = context;
  const { mic = false, output, language, tier, json = false } = options;
  const files = options.input ?? [];
  const text = options.text ?? (files.length === 0 && !mic ? true : undefined);
  if (mic && files.length > 0) {
    throw new CliError('CLI_USAGE', {
      finding: '--mic and --input exclude each other',
      command: 'tiercel talk',
    });
  }
  const recordings = await readRecordings(files, context);
  await using recorder = await openRecorder(output, { signal });
  const hasVoice = mic || recorder !== undefined;
  await using node = await bootNode(context, {
    tier,
    overlay: mic ? loudspeaker : hasVoice ? silentOutput : {},
  });
  const readyMs = performance.now();
  const paint = paintFor(terminal);
  const isPrompted = text === true && terminal.isInputTty;
  const speaker = hasVoice ? node.get(AudioOutput) : undefined;
  if (mic) terminal.note('Listening. Ctrl+C ends the conversation.\n');
  const turns: SessionTurn[] = [];
  try {
    await holdSession({
      node,
      recordings,
      microphone: mic ? node.get(AudioInput) : undefined,
      texts: text && (text === true ? typedLines(terminal, { signal }) : each(text)),
      output: speaker && (recorder?.recordOutput(speaker) ?? speaker),
      recordInput: recorder && ((input) => recorder.recordInput(input)),
      language,
      signal,
      onTurn: (turn) => {
        turns.push(turn);
        if (!json) terminal.print(showTurn(turn, { paint, isPrompted }));
      },
    });
  } catch (error) {
    // Ctrl+C is how a spoken conversation ends.
    if (!(mic && signal.aborted)) throw error;
  }
  await recorder?.close();
  if (json) terminal.print(JSON.stringify(toJson(turns, { readyMs, wav: output }), undefined, 2));
  return 0;
}

async function* each(sentences: readonly string[]): AsyncGenerator<string, void, undefined> {
  yield* sentences;
}
