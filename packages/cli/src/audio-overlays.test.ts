import { describe, expect, it } from '@jest/globals';
import { audioOf } from './audio-overlays.js';

describe('audioOf', () => {
  it.each([{}, { AUDIO_INPUT: 'auto' }, { AUDIO_INPUT: 'hw:1', AUDIO_OUTPUT: 'plughw:2' }])(
    'takes devices through sound programs for %j',
    (environment) => {
      expect(audioOf(environment)).toEqual({
        plugins: { 'audio-command': {} },
        bind: { 'audio-input': 'audio-command', 'audio-output': 'audio-command' },
      });
    },
  );

  it('needs no sound program where neither side is a device', () => {
    expect(audioOf({ AUDIO_INPUT: 'file:a,b.wav', AUDIO_OUTPUT: 'none' })).toEqual({
      plugins: { 'audio-file': { config: { pace: true, input: ['a,b.wav'], output: '' } } },
      bind: { 'audio-input': 'audio-file', 'audio-output': 'audio-file' },
    });
  });

  it('lets each side be something else', () => {
    expect(audioOf({ AUDIO_OUTPUT: 'file:/tmp/said.wav' })).toMatchObject({
      plugins: { 'audio-command': {}, 'audio-file': { config: { input: [], output: '/tmp/said.wav' } } },
      bind: { 'audio-input': 'audio-command', 'audio-output': 'audio-file' },
    });
  });

  it('leaves out the side that nobody asks for', () => {
    expect(audioOf({ AUDIO_INPUT: 'hw:1', AUDIO_OUTPUT: 'none' }, ['audio-output'])).toEqual({
      plugins: { 'audio-file': { config: { pace: true, input: [], output: '' } } },
      bind: { 'audio-output': 'audio-file' },
    });
  });
});
