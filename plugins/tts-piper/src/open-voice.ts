import type { Model } from '@tiercel/capabilities/model-store';
import { raceSignal } from '@tiercel/kernel';
import {
  checkOnnx,
  checkTokens,
  claimPhonemes,
  countOf,
  cpuProvider,
  fileOf,
  loadSherpa,
  namesOf,
  type OfflineTts,
  type OfflineTtsConfig,
  probeModel,
  requireFact,
  SherpaError,
} from '@tiercel/sherpa';

export interface OpenVoiceOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
}

export interface Voice {
  readonly engine: OfflineTts;
  readonly sampleRateHz: number;
  readonly languages: readonly string[];
}

/** Short, and enough for the memory that later units need to be there. */
const WARM_UP_TEXT = 'Ready.';

/** Checks every file, loads the voice and lets it say a word that nobody hears. */
export async function openVoice(model: Model, { threads, signal }: OpenVoiceOptions): Promise<Voice> {
  requireFact(model, 'engine', 'vits');
  const sampleRateHz = countOf(model, 'sampleRateHz');
  const languages = namesOf(model, 'languages');
  await checkFiles(model, sampleRateHz);
  const config: OfflineTtsConfig = {
    model: {
      vits: {
        model: fileOf(model, 'model'),
        tokens: fileOf(model, 'tokens'),
        dataDir: fileOf(model, 'dataDir'),
      },
      numThreads: threads,
      provider: cpuProvider,
    },
    maxNumSentences: 1,
    silenceScale: 1,
  };
  await probeModel(model, { engine: 'tts', config }, { signal });
  const { OfflineTts: Engine } = await loadSherpa();
  signal.throwIfAborted();
  claimPhonemes(config.model.vits.dataDir);
  const loading = Engine.createAsync(config).catch((cause: unknown) => {
    const finding = cause instanceof Error ? cause.message : String(cause);
    throw new SherpaError('SPEECH_ENGINE_LOAD_FAILED', { model: model.name, finding }, { cause });
  });
  const engine = await raceSignal(loading, signal);
  if (engine.sampleRate !== sampleRateHz) {
    throw new SherpaError('SPEECH_ENGINE_FACT_WRONG', {
      model: model.name,
      fact: 'sampleRateHz',
      expected: String(engine.sampleRate),
    });
  }
  await raceSignal(warmUp(engine), signal);
  return { engine, sampleRateHz, languages };
}

async function checkFiles(model: Model, sampleRateHz: number): Promise<void> {
  const { metadata } = await checkOnnx({
    model: model.name,
    path: fileOf(model, 'model'),
    expected: 'a Piper voice',
    metadata: ['sample_rate', 'n_speakers', 'has_espeak', 'voice'],
    inputs: ['input', 'input_lengths', 'scales'],
  });
  requireFact({ ...model, facts: { sampleRateHz } }, 'sampleRateHz', Number(metadata.get('sample_rate')));
  await checkTokens({ model: model.name, path: fileOf(model, 'tokens'), format: 'symbol' });
}

async function warmUp(engine: OfflineTts): Promise<void> {
  await engine.generateAsync({
    text: WARM_UP_TEXT,
    sid: 0,
    speed: 1,
    enableExternalBuffer: false,
    onProgress: () => 1,
  });
}
