import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { Clock } from '@tiercel/capabilities/clock';
import { definePlugin, provide } from '@tiercel/kernel';
import { CommandAudioInput } from './command-audio-input.js';
import { CommandAudioOutput } from './command-audio-output.js';
import { findProgram } from './find-program.js';
import { playerNames, players, recorderNames, recorders } from './programs.js';

export { AudioCommandError } from './errors.js';

export default definePlugin({
  name: '@tiercel/audio-command',
  version: '0.1.0',
  provides: { input: provide(AudioInput), output: provide(AudioOutput) },
  requires: { clock: Clock },
  config: {
    recorder: {
      doc: 'Program that records; auto takes the first that is installed',
      format: ['auto', ...recorderNames],
      default: 'auto',
    },
    player: {
      doc: 'Program that plays; auto takes the first that is installed',
      format: ['auto', ...playerNames],
      default: 'auto',
    },
    inputDevice: {
      doc: 'Microphone as the program names it; empty takes the default of the system',
      format: String,
      default: '',
      env: 'AUDIO_INPUT',
    },
    outputDevice: {
      doc: 'Loudspeaker as the program names it; empty takes the default of the system',
      format: String,
      default: '',
      env: 'AUDIO_OUTPUT',
    },
    outputSampleRateHz: {
      doc: 'Samples per second that the player is given',
      format: 'nat',
      default: 22_050,
      min: 8000,
      max: 192_000,
    },
    searchPath: { doc: 'Folders in which programs are looked for', format: String, default: '', env: 'PATH' },
    timeoutMs: {
      doc: 'Longest time, in milliseconds, without sound from the recorder or without the player taking any',
      format: 'nat',
      default: 3000,
      min: 100,
    },
  },
  async setup({ deps, config, own }) {
    const { searchPath, recorder, player, timeoutMs } = config;
    const [recording, playing] = await Promise.all([
      findProgram(chosen(recorders, recorder), { searchPath, purpose: 'record' }),
      findProgram(chosen(players, player), { searchPath, purpose: 'play' }),
    ]);
    const { clock } = deps;
    const input = new CommandAudioInput({ found: recording, device: config.inputDevice, clock, timeoutMs });
    const output = new CommandAudioOutput({
      found: playing,
      device: config.outputDevice,
      sampleRateHz: config.outputSampleRateHz,
      clock,
      timeoutMs,
    });
    own(() => input.close());
    own(() => output.close());
    return { input, output };
  },
});

function chosen<P>(programs: Readonly<Record<string, P>>, choice: string): P[] {
  return Object.entries(programs).flatMap(([name, program]) =>
    choice === 'auto' || choice === name ? [program] : [],
  );
}
