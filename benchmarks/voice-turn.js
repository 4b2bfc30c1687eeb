// From the last sample of speech to the first audible sample of the answer, by stage: recordings replayed at real-time
// pace through the mid tier, ten times each. Nothing is subtracted; end of speech is found in the signal itself.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Assistant } from '@tiercel/capabilities/assistant';
import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { Clock } from '@tiercel/capabilities/clock';
import { holdConversation } from '@tiercel/conversation';
import { boot } from '@tiercel/kernel';
import { tierPath } from '@tiercel/tiers';
import { atMost, quantile, rounded } from './harness.js';

const runs = 10;
const recordings = {
  command: 'turn-on-the-living-room-lamp.wav',
  question: 'what-is-the-capital-of-france.wav',
  time: 'what-time-is-it.wav',
};
const fileOf = (name) =>
  fileURLToPath(new URL(`../packages/audio/recordings/synthetic/${name}`, import.meta.url));

/** One turn on a running node: its `turn-end` event. */
async function turnOf(node, options) {
  let ended;
  const conversation = holdConversation({
    assistant: node.get(Assistant),
    input: node.get(AudioInput),
    output: node.get(AudioOutput),
    clock: node.get(Clock),
    ...options,
  });
  for await (const event of conversation) if (event.type === 'turn-end') ended = event;
  return ended;
}

export async function measure() {
  const timelines = Object.fromEntries(Object.keys(recordings).map((name) => [name, []]));
  const first = {};
  const loop = monitorEventLoopDelay({ resolution: 5 });
  let rssMiB = 0;
  let readyMs = 0;
  for (const [name, file] of Object.entries(recordings)) {
    // A node of its own per recording: the first turn of each is a first turn after boot.
    const startedMs = performance.now();
    const node = await boot({
      manifest: tierPath('mid'),
      overlay: {
        plugins: {
          'audio-file': { config: { input: [fileOf(file)] } },
          'log-winston': { config: { level: 'error' } },
        },
      },
    });
    readyMs ||= performance.now() - startedMs;
    loop.enable();
    for (let run = 0; run < runs; run++) {
      const ended = await turnOf(node, { voice: true });
      if (ended?.outcome !== 'answered')
        throw new TypeError(`Turn ${run + 1} of ${name} ended as ${ended?.outcome}.`);
      timelines[name].push(ended.timeline);
      if (run === 0) first[name] = ended.timeline.totalMs;
    }
    loop.disable();
    // Of the first node: what a stopped node leaves behind in the allocator is not its memory.
    const children = node.describe().plugins.map(({ facts }) => facts?.rssMiB ?? 0);
    rssMiB ||= children.reduce((sum, rss) => sum + rss, process.memoryUsage.rss() / 2 ** 20);
    await node.stop();
  }

  const results = [];
  const goals = [];
  const totals = (name) => timelines[name].map(({ totalMs }) => totalMs);
  for (const name of Object.keys(recordings)) {
    results.push({
      case: `${name}: first audible, p50`,
      value: rounded(quantile(totals(name), 0.5)),
      unit: 'ms',
    });
    results.push({
      case: `${name}: first audible, p90`,
      value: rounded(quantile(totals(name), 0.9)),
      unit: 'ms',
    });
    for (const span of Object.keys(timelines[name][0].spans)) {
      const values = timelines[name].map(({ spans }) => spans[span] ?? 0);
      results.push({ case: `${name}:   ${span}, p50`, value: rounded(quantile(values, 0.5)), unit: 'ms' });
    }
    const warm = totals(name)[runs - 1];
    results.push({
      case: `${name}: first turn`,
      value: rounded(first[name]),
      unit: 'ms',
      ratio: rounded(first[name] / warm),
      against: 'tenth turn',
    });
    goals.push(atMost(`${name}: first turn against tenth`, first[name] / warm, 1.3));
  }
  results.push({ case: 'event-loop delay, p99', value: rounded(loop.percentile(99) / 1e6), unit: 'ms' });
  results.push({ case: 'node ready after', value: rounded(readyMs), unit: 'ms' });
  results.push({ case: 'resident memory', value: rounded(rssMiB), unit: 'MiB' });
  goals.unshift(
    atMost('command: first audible p50 in ms', quantile(totals('command'), 0.5), 900),
    atMost('question: first audible p50 in ms', quantile(totals('question'), 0.5), 1100),
  );
  return { results, goals };
}
