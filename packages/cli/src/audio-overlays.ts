import type { ManifestData } from '@tiercel/kernel';
import type { Terminal } from './terminal.js';

type Overlay = Partial<ManifestData>;
type Side = 'audio-input' | 'audio-output';

const FILE = /^file:/i;

/**
 * Where sound comes from and goes to: real devices through whatever sound program is installed, unless `AUDIO_INPUT` or
 * `AUDIO_OUTPUT` says `none` or `file:PATH`. A device name in them is for the sound program, which reads it itself.
 */
export function audioOf(
  { AUDIO_INPUT = '', AUDIO_OUTPUT = '' }: Terminal['environment'],
  sides: readonly Side[] = ['audio-input', 'audio-output'],
): Overlay {
  const wishes: Readonly<Record<Side, string>> = {
    'audio-input': AUDIO_INPUT.trim(),
    'audio-output': AUDIO_OUTPUT.trim(),
  };
  const bind = Object.fromEntries(sides.map((side) => [side, pluginOf(wishes[side])]));
  const input = fileOf(wishes['audio-input']);
  const output = fileOf(wishes['audio-output']) ?? '';
  const listed = new Set(Object.values(bind));
  return {
    plugins: {
      ...(listed.has('audio-command') && { 'audio-command': {} }),
      ...(listed.has('audio-file') && {
        'audio-file': { config: { pace: true, input: input === undefined ? [] : [input], output } },
      }),
    },
    bind,
  };
}

function pluginOf(wish: string): 'audio-command' | 'audio-file' {
  return wish === 'none' || fileOf(wish) !== undefined ? 'audio-file' : 'audio-command';
}

function fileOf(wish: string): string | undefined {
  return FILE.test(wish) ? wish.replace(FILE, '') : undefined;
}

/** Takes as long as a loudspeaker does, and nobody hears it. */
export const silentOutput: Overlay = {
  plugins: { 'audio-file': { config: { output: '', pace: true } } },
  bind: { 'audio-input': 'audio-file', 'audio-output': 'audio-file' },
};
