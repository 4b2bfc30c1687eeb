// What every benchmark shares: repeated measuring, quantiles, the machine it ran on, and one way to print.
import os from 'node:os';

export function quantile(values, fraction) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))];
}

export const median = (values) => quantile(values, 0.5);

/** Three significant figures: more would be noise. */
export const rounded = (value) => Number(value.toPrecision(3));

export function machine() {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}

/**
 * Runs the cases in turns, so that whatever disturbs the machine disturbs them all, and returns each round's figure.
 * @param {Record<string, () => Promise<number> | number>} cases each returns one measurement
 */
export async function inTurns(cases, { rounds, warmUp = 2 }) {
  const figures = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    // Every other round backwards: no case always follows the same one.
    const names = round % 2 === 0 ? Object.keys(cases) : Object.keys(cases).reverse();
    for (const name of names) {
      const figure = await cases[name]();
      if (round >= 0) figures[name].push(figure);
    }
  }
  return figures;
}

/** Median of the per-round ratios of two cases. */
export function medianRatio(figures, name, against) {
  return median(figures[name].map((value, round) => value / figures[against][round]));
}

/** A goal that is met when `value` is at most `bound`. */
export function atMost(goal, value, bound) {
  return { goal, value: rounded(value), bound, met: value <= bound };
}

export function print({ name, results, goals }, { json }) {
  if (json) {
    console.log(JSON.stringify({ name, machine: machine(), results, goals }, null, 2));
    return;
  }
  const { cpu, cores, node } = machine();
  console.log(`${name}: ${cpu}, ${cores} cores, Node ${node}\n`);
  const width = Math.max(...results.map((result) => result.case.length));
  for (const { case: label, value, unit, ratio, against } of results) {
    const comparison = ratio === undefined ? '' : `   ${ratio} × ${against}`;
    console.log(`  ${label.padEnd(width)}  ${String(value).padStart(9)} ${unit}${comparison}`);
  }
  if (goals.length > 0) console.log('');
  for (const { goal, value, bound, met } of goals) {
    console.log(`  ${met ? 'met   ' : 'MISSED'} ${goal}: ${value}, at most ${bound}`);
  }
}
