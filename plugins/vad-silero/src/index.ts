import { Log } from '@tiercel/capabilities/log';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import { definePlugin, provide } from '@tiercel/kernel';
import {
  checkOnnx,
  cpuProvider,
  fileOf,
  loadSherpa,
  probeModel,
  requireFact,
  type VadConfig,
} from '@tiercel/sherpa';
import { DetectorPool } from './detector-pool.js';
import { testHearing } from './hearing-test.js';
import { SileroVoiceActivityDetector } from './silero-voice-activity-detector.js';

/** The engine accepts no others, and ends the process when told one. */
const SAMPLE_RATE_HZ = 16_000;
const WINDOW_SIZE = 512;

/** Only ever holds the audio of one stretch of speech, and grows by itself. */
const ENGINE_BUFFER_SECONDS = 30;

export default definePlugin({
  name: '@tiercel/vad-silero',
  version: '0.1.0',
  provides: { detector: provide(VoiceActivityDetector, { engine: 'silero', offline: true }) },
  requires: { log: Log, models: ModelStore },
  config: {
    model: {
      doc: 'Silero model: a name of the catalogue, or a path beginning with /, ./ or ../',
      format: String,
      default: 'silero-vad',
      env: 'VAD_MODEL',
      names: 'model',
    },
    threshold: {
      doc: 'Probability from which a window counts as speech; higher hears less noise and less quiet speech',
      format: 'fraction',
      default: 0.5,
      min: 0.05,
      max: 0.95,
      env: 'VAD_THRESHOLD',
    },
    minSpeechMs: {
      doc: 'Shorter sounds are no speech (ms); delays each start by as much',
      format: 'nat',
      default: 100,
      min: 32,
      max: 1000,
      env: 'VAD_MIN_SPEECH_MS',
    },
    minSilenceMs: {
      doc: 'Shorter pauses do not end speech (ms); delays each end by as much',
      format: 'nat',
      default: 160,
      min: 32,
      max: 5000,
      env: 'VAD_MIN_SILENCE_MS',
    },
    maxStreams: {
      doc: 'Streams that may be listened to at once; each takes 4 MiB from its first use',
      format: 'nat',
      default: 16,
      min: 1,
      max: 1024,
      env: 'VAD_MAX_STREAMS',
    },
  },
  needs: { memoryMiB: 40 },
  async setup({ deps, config, signal }) {
    const model = await deps.models.locate(config.model, { kind: 'voice-activity-detector', signal });
    const file = fileOf(model, 'model');
    requireFact(model, 'sampleRateHz', SAMPLE_RATE_HZ);
    requireFact(model, 'windowSize', WINDOW_SIZE);
    await checkOnnx({ model: model.name, path: file, expected: 'a Silero VAD', inputs: ['input', 'sr'] });
    const { threshold, minSpeechMs, minSilenceMs } = config;
    const engineConfig: VadConfig = {
      sileroVad: {
        model: file,
        threshold,
        windowSize: WINDOW_SIZE,
        minSpeechDuration: minSpeechMs / 1000,
        minSilenceDuration: minSilenceMs / 1000,
        maxSpeechDuration: 20,
      },
      sampleRate: SAMPLE_RATE_HZ,
      numThreads: 1,
      provider: cpuProvider,
    };
    await probeModel(model, { engine: 'vad', config: engineConfig }, { signal });
    const { Vad } = await loadSherpa();
    signal.throwIfAborted();
    const options = { windowSize: WINDOW_SIZE, sampleRateHz: SAMPLE_RATE_HZ, minSpeechMs, minSilenceMs };
    const pool = new DetectorPool({
      create: () => new Vad(engineConfig, ENGINE_BUFFER_SECONDS),
      limit: config.maxStreams,
    });
    const first = pool.borrow();
    await testHearing(first, { model: model.name, signal, ...options });
    pool.giveBack(first);
    deps.log.debug('voice activity detector ready', { model: model.name, minSpeechMs, minSilenceMs });
    return { detector: new SileroVoiceActivityDetector(pool, options) };
  },
});
