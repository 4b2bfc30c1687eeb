// Judges what `npm run -s demo:tiers -- --json` printed: node scripts/check-demo-tiers.js FILE
import { readFileSync } from 'node:fs';

const { turns, sharedMs, noticeMs, recoverMs, coreReadyMs } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
const faults = [];
const expect = (isTrue, rule) => isTrue || faults.push(rule);
const of = (act) => turns.filter((turn) => turn.act === act);

const [lamp, france, noise, time, minutes] = of('together');
expect(lamp?.tool === 'set_device' && /lamp is on/i.test(lamp.said), 'the core switches the lamp');
expect(france?.provider === 'llm-remote' && /paris/i.test(france.said), 'the model of the core names Paris');
expect(noise?.outcome === 'empty', 'room noise is no turn');
expect(time?.tool === 'get_time', 'the time is a phrase');
expect(/120 minutes/.test(minutes?.said), 'two hours are 120 minutes');

const [killed] = of('core killed');
expect(
  killed?.outcome === 'answered' && killed.provider === 'llm-local' && /on my own/.test(killed.said),
  'the edge ends the answer that the core began, and says that it is on its own',
);

const [alone, own, outOfReach] = of('alone');
expect(alone?.tool === 'get_time' && alone.outcome === 'answered', 'the time needs no core');
expect(own?.provider === 'llm-local' && /paris/i.test(own.said), 'the model of the edge names Paris');
expect(!/on my own/.test(own?.said), 'the loss is told once');
expect(outOfReach?.outcome === 'failed' && /out of reach/.test(outOfReach.said), 'the lamp is out of reach');

const [lampAgain, franceAgain] = of('recovered');
expect(/lamp is off/i.test(lampAgain?.said), 'the core switches the lamp again');
expect(franceAgain?.provider === 'llm-remote', 'the model of the core answers again');
expect(sharedMs > 0 && sharedMs < 1_000, 'a lamp that one edge switches is seen by another within a second');
expect(coreReadyMs > 0 && noticeMs > 0 && recoverMs > 0, 'the times are numbers');

console.log(
  faults.length === 0
    ? `demo:tiers: all well. Shared after ${sharedMs} ms, noticed after ${noticeMs} ms, recovered after ${recoverMs} ms.`
    : `demo:tiers: not so: ${faults.join('; ')}.`,
);
process.exit(faults.length === 0 ? 0 : 1);
