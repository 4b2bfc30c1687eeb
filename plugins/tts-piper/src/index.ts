import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { TextToSpeech, TextToSpeechError } from '@tiercel/capabilities/text-to-speech';
import { definePlugin, provide } from '@tiercel/kernel';
import { SerialLane, threadBudget } from '@tiercel/sherpa';
import { openVoice } from './open-voice.js';
import { PiperTextToSpeech } from './piper-text-to-speech.js';

export default definePlugin({
  name: '@tiercel/tts-piper',
  version: '0.1.0',
  provides: { voice: provide(TextToSpeech, { engine: 'piper', offline: true }) },
  requires: { log: Log, models: ModelStore, clock: Clock },
  config: {
    voice: {
      doc: 'Piper voice: a name of the catalogue, or a path beginning with /, ./ or ../',
      format: String,
      default: 'piper-en_US-joe-medium',
      env: 'TTS_VOICE',
      names: 'model',
    },
    speed: {
      doc: 'Pace of speech unless the caller names one; 1 is the own pace of the voice',
      format: Number,
      default: 1,
      min: 0.5,
      max: 2,
      env: 'TTS_SPEED',
    },
    threads: {
      doc: 'Threads that synthesize one unit; never more than there are cores',
      format: 'nat',
      default: 1,
      min: 1,
      max: 64,
      env: 'TTS_THREADS',
    },
    queueLimit: {
      doc: 'Units that may wait for the voice; one more is refused with TEXT_TO_SPEECH_OVERLOADED',
      format: 'nat',
      default: 8,
      min: 0,
      max: 1000,
    },
    timeoutMs: {
      doc: 'Longest time from the request to the end of the synthesis, waiting included (ms)',
      format: 'nat',
      default: 30_000,
      min: 100,
      max: 600_000,
    },
  },
  needs: { memoryMiB: 250 },
  async setup({ deps, config, signal, health }) {
    const model = await deps.models.locate(config.voice, { kind: 'text-to-speech', signal });
    const threads = threadBudget(config.threads);
    const { engine, sampleRateHz, languages } = await openVoice(model, { threads, signal });
    const lane: SerialLane = new SerialLane({
      clock: deps.clock,
      limit: config.queueLimit,
      timeoutMs: config.timeoutMs,
      overloaded: (waiting) =>
        new TextToSpeechError('TEXT_TO_SPEECH_OVERLOADED', { waiting, limit: config.queueLimit }),
      late: (waitedMs) => {
        health.degraded(`synthesis takes longer than ${waitedMs} ms`);
        void lane.idle().then(() => health.ready());
        const finding = `not done within ${waitedMs} ms`;
        return new TextToSpeechError('TEXT_TO_SPEECH_FAILED', { voice: model.name, finding });
      },
    });
    deps.log.debug('voice ready', { voice: model.name, sampleRateHz, threads });
    return {
      voice: new PiperTextToSpeech({
        engine,
        lane,
        features: { voice: model.name, sampleRateHz, languages },
        speed: config.speed,
        log: deps.log,
        clock: deps.clock,
      }),
    };
  },
});
