import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { silentOutput } from '../audio-overlays.js';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { shippedRecordings, typedQuestion } from '../demo/shipped-conversation.js';
import { showDemoTurn } from '../demo/show-demo-turn.js';
import { openRecorder } from '../open-recorder.js';
import { paintFor } from '../paint.js';
import { readRecordings } from '../read-recordings.js';
import { residentMiB } from '../resident-memory.js';
import { holdSession, type SessionTurn } from '../session.js';
import { toJson } from '../turn-json.js';
import { wrap } from '../wrap.js';
import { CoreProcess } from './core-process.js';
import { freePorts } from './free-ports.js';
import { Neighbour } from './neighbour.js';
import { Outage } from './outage.js';

export interface DemoTiersOptions {
  readonly output: string;
  readonly edge: string;
  readonly core: string;
  readonly json?: boolean;
}

/** Which part of the story a turn belongs to. */
type Act = 'together' | 'core killed' | 'alone' | 'recovered';

const lamp = 'Turn off the living room lamp.';
const lampKey = 'device/living-room-lamp/state';
const france = 'What is the capital of France?';

/** Answered in several sentences; the core dies when so much of them is written. */
const longQuestion = 'What is rain?';
const KILL_AFTER_CHARACTERS = 20;

/** From the start of the conversation until the lamp is on at the neighbour: the first turn, on a busy machine. */
const LAMP_TIMEOUT_MS = 120_000;

/**
 * Shows what two nodes are together and apart: a whole conversation of an edge whose model and tools are on a core, the death
 * of the core in the middle of an answer, what the edge does alone, and the core's return.
 */
export async function demoTiers(context: Context, options: DemoTiersOptions): Promise<number> {
  const { terminal, signal } = context;
  const { json = false, output } = options;
  const paint = paintFor(terminal);
  const say = (text: string) => {
    if (!json) terminal.print(wrap(text, { columns: terminal.columns, indent: 0 }).join('\n'));
  };
  const recordings = await readRecordings(shippedRecordings(), context);
  await using recorder = await openRecorder(output, { signal });
  // What the nodes keep is of this story only.
  const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-demo-'));
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  const place = await environments({ ...terminal.environment, DATA_DIR: folder });

  let startedMs = performance.now();
  const startCore = () => CoreProcess.start({ tier: options.core, environment: place.core, signal });
  let core = await startCore();
  await using _core = { [Symbol.asyncDispose]: () => core[Symbol.asyncDispose]() };
  const coreReadyMs = performance.now() - startedMs;
  say(`The core (process ${core.pid}) serves its model and its tools after ${seconds(coreReadyMs)}.`);

  startedMs = performance.now();
  await using edge = await bootNode(
    { ...context, terminal: withEnvironment(terminal, place.edge) },
    { tier: options.edge, overlay: silentOutput },
  );
  const edgeReadyMs = performance.now() - startedMs;
  say(
    `The edge (process ${process.pid}) is ready after ${seconds(edgeReadyMs)}. Now they hold a conversation.`,
  );

  await using neighbour = await Neighbour.open({ environment: place.neighbour, signal });
  let lampSwitchedMs = Number.NaN;
  const lampSeen = neighbour.whenSeen(lampKey, 'on', { signal, timeoutMs: LAMP_TIMEOUT_MS });
  // Awaited at the end of the story; a failure before then is told there.
  lampSeen.catch(() => undefined);

  const outage = new Outage(edge);
  const turns: (SessionTurn & { readonly act: Act })[] = [];
  let act: Act = 'together';
  let lettersToKill: number | undefined;

  async function* story(): AsyncGenerator<string, void, undefined> {
    yield typedQuestion;
    const sharedMs = (await lampSeen) - lampSwitchedMs;
    say(
      `\nA second edge of the house saw the lamp go on ${milliseconds(sharedMs)} after the first one asked for it.`,
    );
    act = 'core killed';
    lettersToKill = KILL_AFTER_CHARACTERS;
    yield longQuestion;
    act = 'alone';
    yield 'What time is it?';
    yield france;
    yield lamp;
    startedMs = performance.now();
    core = await startCore();
    say(
      `\n${paint('bold', 'The core is started again')}, and ready after ${seconds(performance.now() - startedMs)}.`,
    );
    await outage.untilOver(signal);
    say(`The edge uses it again ${seconds(outage.recoverMs)} later.`);
    act = 'recovered';
    yield lamp;
    yield france;
  }

  const speaker = edge.get(AudioOutput);
  await holdSession({
    node: edge,
    recordings,
    texts: story(),
    output: recorder?.recordOutput(speaker) ?? speaker,
    recordInput: recorder && ((input) => recorder.recordInput(input)),
    signal,
    onEvent: (event) => {
      if (event.type === 'turn-end') outage.turnEnded();
      if (event.type === 'tool-start' && Number.isNaN(lampSwitchedMs)) lampSwitchedMs = performance.now();
      if (event.type !== 'reply-delta' || lettersToKill === undefined) return;
      lettersToKill -= event.text.length;
      if (lettersToKill > 0) return;
      lettersToKill = undefined;
      say(`\n${paint('bold', 'The core is killed')} (kill -9 ${core.pid}) while it answers.`);
      outage.begin();
      void core.kill();
    },
    onTurn: (turn) => {
      const number = turns.push({ ...turn, act });
      if (!json)
        terminal.print(`\n${showDemoTurn(turn, { number, steps: [], columns: terminal.columns, paint })}`);
    },
  });
  await recorder?.close();
  const sharedMs = Math.round((await lampSeen) - lampSwitchedMs);
  const times = { sharedMs, noticeMs: Math.round(outage.noticeMs), recoverMs: Math.round(outage.recoverMs) };
  if (json) {
    const report = toJson(turns, { readyMs: edgeReadyMs, rssMiB: residentMiB(edge), wav: output });
    const acts = report.turns.map((turn, index) => ({ act: turns[index]?.act, ...turn }));
    const document = { coreReadyMs: Math.round(coreReadyMs), ...report, turns: acts, ...times };
    terminal.print(JSON.stringify(document, undefined, 2));
    return 0;
  }
  say(
    `\nThe edge noticed the loss after ${times.noticeMs} ms and used the core again ${times.recoverMs} ms after its return. Memory of the edge: ${residentMiB(edge)} MiB.\nBoth sides of the conversation: ${output}`,
  );
  return 0;
}

/** What each of the two processes is told: where the other one is, and the key they share. */
async function environments(shared: Readonly<Record<string, string | undefined>>) {
  const [gateway, tools, world, broker] = await freePorts(4);
  const key = randomBytes(32).toString('base64url');
  // The core finds the broker that it brings at the same place, and brings one because nobody names a host to it.
  const mqtt = { MQTT_HOST: '127.0.0.1', MQTT_PORT: String(broker) };
  return {
    core: {
      ...shared,
      GATEWAY_PORT: String(gateway),
      TOOL_SERVER_PORT: String(tools),
      TOOL_SERVER_API_KEY: key,
      WORLD_MODEL_PORT: String(world),
      BROKER_PORT: String(broker),
      MQTT_PORT: String(broker),
      NODE_NAME: 'core',
    },
    neighbour: { ...shared, ...mqtt, NODE_NAME: 'kitchen' },
    edge: {
      ...shared,
      ...mqtt,
      NODE_NAME: 'living-room',
      LLM_URL: `http://127.0.0.1:${gateway}`,
      TOOL_SERVER_URL: `http://127.0.0.1:${tools}`,
      TOOL_SERVER_API_KEY: key,
      TOOL_EXECUTION_MODE: 'remote',
      RUN_LOCAL_LLM: 'true',
    },
  };
}

/** The same terminal, with another environment. */
function withEnvironment(
  terminal: Context['terminal'],
  environment: Context['terminal']['environment'],
): Context['terminal'] {
  return Object.create(terminal, { environment: { value: environment } });
}

function milliseconds(ms: number): string {
  return `${Math.round(ms)} ms`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
