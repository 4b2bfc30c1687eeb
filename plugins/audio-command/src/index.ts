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
      doc: 'Microphone as the program names it; empty or auto takes the default of the system',
      format: String,
      default: '',
      env: 'AUDIO_INPUT',
    },
    outputDevice: {
      doc: 'Loudspeaker as the program names it; empty or auto takes the default of the system',
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
    const findRecorder = () => findProgram(chosen(recorders, recorder), { searchPath, purpose: 'record' });
    const findPlayer = () => findProgram(chosen(players, player), { searchPath, purpose: 'play' });
    // One of the two is enough: whoever only speaks needs no recorder. With neither there is nothing to start for.
    const [recording, playing] = await Promise.allSettled([findRecorder(), findPlayer()]);
    if (recording.status === 'rejected' && playing.status === 'rejected') throw playing.reason;
    const { clock } = deps;
    const input = new CommandAudioInput({
      find: findRecorder,
      device: deviceOf(config.inputDevice),
      clock,
      timeoutMs,
    });
    const output = new CommandAudioOutput({
      find: findPlayer,
      device: deviceOf(config.outputDevice),
      sampleRateHz: config.outputSampleRateHz,
      clock,
      timeoutMs,
    });
    own(() => input.close());
    own(() => output.close());
    return { input, output };
  },
});

function deviceOf(configured: string): string {
  return configured === 'auto' ? '' : configured;
}

function chosen<P>(programs: Readonly<Record<string, P>>, choice: string): P[] {
  return Object.entries(programs).flatMap(([name, program]) =>
    choice === 'auto' || choice === name ? [program] : [],
  );
}
