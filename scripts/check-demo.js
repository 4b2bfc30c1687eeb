// Judges what `npm run -s demo -- --json` printed, and listens to the WAV that it wrote: node scripts/check-demo.js FILE
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './workspace.js';

const { readyMs, rssMiB, turns, wav } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const faults = [];
const expect = (isTrue, rule) => isTrue || faults.push(rule);

expect(readyMs > 0 && rssMiB > 0, 'readyMs and rssMiB are numbers');
expect(turns.length === 5, 'there are five turns');
const [lamp, france, noise, time, typed] = turns;
expect(
  /turn on the living room lamp/i.test(lamp?.heard) && lamp?.path === 'phrase' && lamp?.tool === 'set_device',
  'the lamp is a phrase',
);
expect(/lamp is on/i.test(lamp?.said), 'the lamp is said to be on');
expect(
  /capital of france/i.test(france?.heard) && france?.path === 'model' && /paris/i.test(france?.said),
  'the model names Paris',
);
expect(noise?.outcome === 'empty' && noise?.path === 'none' && noise?.said === '', 'room noise is no turn');
expect(
  /what time is it/i.test(time?.heard) && time?.path === 'phrase' && time?.tool === 'get_time',
  'the time is a phrase',
);
expect(typed?.outcome === 'answered' && typed?.said !== '', 'the typed question is answered');
for (const [index, turn] of turns.entries()) {
  const spans = Object.values(turn.spans);
  const sum = spans.reduce((total, span) => total + span, 0);
  expect(
    Math.abs(sum - turn.totalMs) <= 1 && spans.every((span) => span >= 0),
    `the spans of turn ${index + 1} sum to its total`,
  );
}

const tiercel = path.join(root, 'packages/cli/bin/tiercel.js');
const heard = execFileSync(process.execPath, [tiercel, 'transcribe', wav], { cwd: root, encoding: 'utf8' });
expect(/lamp is on/i.test(heard), 'the WAV says that the lamp is on');
expect(/paris/i.test(heard), 'the WAV says Paris');

console.log(
  faults.length === 0
    ? `demo: all well. The WAV says: ${heard.trim()}`
    : `demo: not so: ${faults.join('; ')}.`,
);
process.exit(faults.length === 0 ? 0 : 1);
