import type { ManifestData } from '@tiercel/kernel';

type Overlay = Partial<ManifestData>;

/** Real devices, through whatever sound program is installed. */
export const loudspeaker: Overlay = {
  plugins: { 'audio-command': {} },
  bind: { 'audio-input': 'audio-command', 'audio-output': 'audio-command' },
};

/** Takes as long as a loudspeaker does, and nobody hears it. */
export const silentOutput: Overlay = {
  plugins: { 'audio-file': { config: { output: '', pace: true } } },
  bind: { 'audio-input': 'audio-file', 'audio-output': 'audio-file' },
};
