import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { WorldModel } from '@tiercel/capabilities/world-model';
import type { Node } from '@tiercel/kernel';
import { audioOf, silentOutput } from '../audio-overlays.js';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { openRecorder } from '../open-recorder.js';
import { paintFor } from '../paint.js';
import { readRecordings } from '../read-recordings.js';
import { residentMiB } from '../resident-memory.js';
import { holdSession, type SessionTurn } from '../session.js';
import { toJson } from '../turn-json.js';
import { wrap } from '../wrap.js';
import { playAloud } from './play-aloud.js';
import { shippedRecordings, typedQuestion } from './shipped-conversation.js';
import { showDemoTurn } from './show-demo-turn.js';
import { WorldDiary } from './world-diary.js';

export interface DemoOptions {
  readonly mic?: boolean;
  readonly output: string;
  readonly tier?: string;
  readonly json?: boolean;
  /** `false` keeps the conversation from being played at the end. */
  readonly play: boolean;
}

/** Shows a whole conversation: real audio in at real-time pace, through every stage, real audio out. */
export async function demo(
  context: Context,
  files: readonly string[],
  options: DemoOptions,
): Promise<number> {
  const { terminal, signal } = context;
  const { mic = false, json = false, output, tier } = options;
  const isOwn = files.length > 0 || mic;
  const recordings = mic ? [] : await readRecordings(isOwn ? files : shippedRecordings(), context);
  await using recorder = await openRecorder(output, { signal });
  await using node = await bootNode(context, {
    tier,
    overlay: mic ? audioOf(terminal.environment) : silentOutput,
  });
  const readyMs = performance.now();
  await using diary = node.has(WorldModel) ? await WorldDiary.open(node.get(WorldModel)) : undefined;
  const paint = paintFor(terminal);
  const turns: SessionTurn[] = [];
  const speaker = node.get(AudioOutput);
  const { columns } = terminal;
  if (!json) terminal.print(wrap(introduction(node, readyMs, mic), { columns, indent: 0 }).join('\n'));
  try {
    await holdSession({
      node,
      recordings,
      microphone: mic ? node.get(AudioInput) : undefined,
      texts: isOwn ? undefined : only(typedQuestion),
      output: recorder?.recordOutput(speaker) ?? speaker,
      recordInput: recorder && ((input) => recorder.recordInput(input)),
      signal,
      onTurn: (turn) => {
        const number = turns.push(turn);
        if (!json)
          terminal.print(
            `\n${showDemoTurn(turn, { number, steps: diary?.take() ?? [], columns: terminal.columns, paint })}`,
          );
      },
    });
  } catch (error) {
    // Ctrl+C is how a conversation with a microphone ends.
    if (!(mic && signal.aborted)) throw error;
  }
  await recorder?.close();
  if (json) {
    terminal.print(
      JSON.stringify(toJson(turns, { readyMs, rssMiB: residentMiB(node), wav: output }), undefined, 2),
    );
    return 0;
  }
  terminal.print(`\n${memory(node)}\nBoth sides of the conversation: ${output}`);
  if (!mic && options.play && terminal.isOutputTty) {
    terminal.note('Playing it … (Ctrl+C stops)\n');
    if (!(await playAloud(output, context)))
      terminal.note('No sound program or device here to play it on.\n');
  }
  return 0;
}

function introduction(node: Node, readyMs: number, mic: boolean): string {
  const seconds = (readyMs / 1000).toFixed(1);
  const what = mic
    ? 'Speak now; Ctrl+C ends the conversation.'
    : 'Recordings are said in real time, each when the turn before is over.';
  return `Tier ${node.plan.tier}: ${node.plugins.length} plugins ready after ${seconds} s. ${what}`;
}

function memory(node: Node): string {
  return `Memory: ${residentMiB(node)} MiB, the processes of plugins included.`;
}

async function* only(text: string): AsyncGenerator<string, void, undefined> {
  yield text;
}
