import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import type { Node } from '@tiercel/kernel';
import { audioOf, silentOutput } from '../audio-overlays.js';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { showTurn } from '../conversation-view.js';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-code.js';
import { openRecorder } from '../open-recorder.js';
import { paintFor } from '../paint.js';
import { printable } from '../printable.js';
import { readRecordings } from '../read-recordings.js';
import { residentMiB } from '../resident-memory.js';
import { holdSession, type SessionTurn } from '../session.js';
import { toJson } from '../turn-json.js';
import { isPrompted, typedLines } from '../typed-lines.js';

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
    overlay: mic ? audioOf(terminal.environment) : hasVoice ? silentOutput : {},
  });
  if (hasVoice && !node.has(TextToSpeech)) throw new CliError('CLI_TIER_MUTE', { tier: node.plan.tier });
  if (mic || recordings.length > 0) checkLanguage(node, language);
  const readyMs = performance.now();
  const paint = paintFor(terminal);
  const isAsked = text === true && isPrompted(terminal);
  const speaker = hasVoice ? node.get(AudioOutput) : undefined;
  if (mic) terminal.note('Listening. Ctrl+C ends the conversation.\n');
  else if (isAsked) terminal.note('Type what you want to say. Ctrl+D ends the conversation.\n');
  const turns: SessionTurn[] = [];
  let failed = 0;
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
      onEvent: (event) => {
        if (event.type === 'approval' && !json) terminal.note(`${printable(event.question)}\n`);
      },
      onTurn: (turn) => {
        if (turn.summary.outcome === 'failed') failed++;
        if (json) turns.push(turn);
        else {
          const columns = terminal.isOutputTty ? terminal.columns : undefined;
          terminal.print(showTurn(turn, { paint, columns, isPrompted: isAsked }));
        }
      },
    });
  } catch (error) {
    // Ctrl+C is how a spoken conversation ends.
    if (!(mic && signal.aborted)) throw error;
  }
  await recorder?.close();
  if (json)
    terminal.print(
      JSON.stringify(toJson(turns, { readyMs, rssMiB: residentMiB(node), wav: output }), undefined, 2),
    );
  // Somebody who was there has seen it, and went on or not; a script has only this.
  return failed > 0 && !mic && !isAsked ? EXIT.failed : 0;
}

/** Said once and before anybody speaks, instead of in each turn. */
function checkLanguage(node: Node, language: string | undefined): void {
  if (language === undefined || !node.has(SpeechToText)) return;
  const { languages } = node.get(SpeechToText).features;
  if (!languages.includes(language)) throw new CliError('CLI_LANGUAGE_UNKNOWN', { language, languages });
}

async function* each(sentences: readonly string[]): AsyncGenerator<string, void, undefined> {
  yield* sentences;
}
