import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { SpeechToText, SpeechToTextError } from '@tiercel/capabilities/speech-to-text';
import { definePlugin, provide } from '@tiercel/kernel';
import { SerialLane, threadBudget } from '@tiercel/sherpa';
import { openWhisper, SAMPLE_RATE_HZ } from './open-whisper.js';
import { WhisperSpeechToText } from './whisper-speech-to-text.js';

export default definePlugin({
  name: '@tiercel/stt-whisper',
  version: '0.1.0',
  provides: { recogniser: provide(SpeechToText, { engine: 'whisper', offline: true, hasPartials: false }) },
  requires: { log: Log, models: ModelStore, clock: Clock },
  config: {
    model: {
      doc: 'Whisper model: a name of the catalogue, or a path beginning with /, ./ or ../',
      format: String,
      default: 'whisper-base',
      env: 'STT_MODEL',
      names: 'model',
    },
    language: {
      doc: 'Language that is spoken, such as en or de, unless the caller names one',
      format: String,
      default: 'en',
      env: 'STT_LANGUAGE',
    },
    threads: {
      doc: 'Threads that recognise one utterance; never more than there are cores',
      format: 'nat',
      default: 2,
      min: 1,
      max: 64,
      env: 'STT_THREADS',
    },
    queueLimit: {
      doc: 'Utterances that may wait for recognition; one more is refused with SPEECH_TO_TEXT_OVERLOADED',
      format: 'nat',
      default: 8,
      min: 0,
      max: 1000,
    },
    timeoutMs: {
      doc: 'Longest time from the end of an utterance (or of 25 s of it) to its text, waiting included (ms)',
      format: 'nat',
      default: 30_000,
      min: 100,
      max: 600_000,
    },
  },
  needs: { memoryMiB: 450 },
  async setup({ deps, config, signal, own, health }) {
    const model = await deps.models.locate(config.model, { kind: 'speech-to-text', signal });
    const threads = threadBudget(config.threads);
    const whisper = own(
      await openWhisper(model, {
        threads,
        language: config.language,
        signal,
        onLost: (reason) => health.degraded(reason),
      }),
    );
    const lane: SerialLane = new SerialLane({
      clock: deps.clock,
      limit: config.queueLimit,
      timeoutMs: config.timeoutMs,
      overloaded: (waiting) =>
        new SpeechToTextError('SPEECH_TO_TEXT_OVERLOADED', { waiting, limit: config.queueLimit }),
      late: (waitedMs) => {
        health.degraded(`recognition takes longer than ${waitedMs} ms`);
        void lane.idle().then(() => health.ready());
        const finding = `no text within ${waitedMs} ms`;
        return new SpeechToTextError('SPEECH_TO_TEXT_FAILED', { model: model.name, finding });
      },
    });
    deps.log.debug('speech recognition ready', { model: model.name, language: config.language, threads });
    const { languages } = whisper;
    return {
      recogniser: new WhisperSpeechToText({
        engine: whisper,
        lane,
        features: { model: model.name, sampleRateHz: SAMPLE_RATE_HZ, hasPartials: false, languages },
        language: config.language,
        log: deps.log,
        clock: deps.clock,
      }),
    };
  },
});
