import { levelDbfs } from '@tiercel/audio';

const rowsHz = [697, 770, 852, 941] as const;
const columnsHz = [1209, 1336, 1477, 1633] as const;
const keys = ['123A', '456B', '789C', '*0#D'] as const;

/** Both frequencies of a key; `undefined` for anything else. */
export function frequenciesOf(key: string): readonly [rowHz: number, columnHz: number] | undefined {
  const row = keys.findIndex((line) => key.length === 1 && line.includes(key));
  const rowHz = rowsHz[row];
  const columnHz = columnsHz[keys[row]?.indexOf(key) ?? -1];
  return rowHz === undefined || columnHz === undefined ? undefined : [rowHz, columnHz];
}

/** The key that sounds in a block of samples, if the two tones of one stand out of everything else in it. */
export function keyIn(pcm: Int16Array, sampleRateHz: number, silenceDbfs: number): string | undefined {
  if (levelDbfs(pcm) < silenceDbfs) return undefined;
  const energy = pcm.reduce((sum, sample) => sum + sample * sample, 0);
  const [row, rowShare] = strongest(rowsHz, pcm, sampleRateHz, energy);
  const [column, columnShare] = strongest(columnsHz, pcm, sampleRateHz, energy);
  const areTwo = rowShare > 0.1 && columnShare > 0.1 && rowShare + columnShare > 0.6;
  return areTwo ? keys[row]?.[column] : undefined;
}

/** Index of the frequency with the largest share of the energy, and that share (0 … 1). */
function strongest(
  frequenciesHz: readonly number[],
  pcm: Int16Array,
  sampleRateHz: number,
  energy: number,
): readonly [index: number, share: number] {
  const shares = frequenciesHz.map((hz) => (2 * power(pcm, hz / sampleRateHz)) / (energy * pcm.length));
  const share = Math.max(...shares);
  return [shares.indexOf(share), share];
}

/** Power at one frequency, given as a part of the sample rate (Goertzel 1958). */
function power(pcm: Int16Array, frequency: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * frequency);
  let [before, last] = [0, 0];
  for (const sample of pcm) [before, last] = [last, sample + coefficient * last - before];
  return before * before + last * last - coefficient * before * last;
}
