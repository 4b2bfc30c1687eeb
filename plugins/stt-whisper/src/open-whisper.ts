import type { Model } from '@tiercel/capabilities/model-store';
import { SpeechToTextError } from '@tiercel/capabilities/speech-to-text';
import { isTiercelError, raceSignal } from '@tiercel/kernel';
import {
  checkOnnx,
  checkTokens,
  countOf,
  cpuProvider,
  fileOf,
  namesOf,
  type OfflineRecognizerConfig,
  probeModel,
  RecognizerThread,
  requireFact,
} from '@tiercel/sherpa';
import type { WhisperEngine } from './whisper-speech-to-text.js';

export interface OpenWhisperOptions {
  readonly threads: number;
  readonly language: string;
  readonly signal: AbortSignal;
  /** Called when the engine is gone for good. */
  onLost(reason: string): void;
}

export interface Whisper extends WhisperEngine, AsyncDisposable {
  readonly languages: readonly string[];
}

/** The engine accepts no other. */
export const SAMPLE_RATE_HZ = 16_000;

/** Typical length of a command: the memory that it needs is then there before the first one comes. */
const WARM_UP_SECONDS = 4;

/** Checks every file, loads the model on a thread of its own and runs it once. The caller releases it. */
export async function openWhisper(model: Model, options: OpenWhisperOptions): Promise<Whisper> {
  const { signal, language } = options;
  requireFact(model, 'engine', 'whisper');
  requireFact(model, 'sampleRateHz', SAMPLE_RATE_HZ);
  const languages = await checkFiles(model);
  if (!languages.includes(language)) {
    throw new SpeechToTextError('SPEECH_TO_TEXT_LANGUAGE_UNKNOWN', {
      language,
      model: model.name,
      languages,
    });
  }
  const configFor = configOf(model, options.threads);
  const config = configFor(language);
  await probeModel(model, { engine: 'recognizer', config }, { signal });
  const thread = await RecognizerThread.open({ model: model.name, config, signal });
  const whisper: Whisper = {
    languages,
    recognize: (samples, spoken) =>
      thread
        .recognize({ samples, sampleRateHz: SAMPLE_RATE_HZ, config: configFor(spoken) })
        .catch((cause: unknown) => {
          const finding = cause instanceof Error ? cause.message : String(cause);
          if (isTiercelError(cause, 'SPEECH_ENGINE_WORKER_LOST')) options.onLost(finding);
          throw new SpeechToTextError('SPEECH_TO_TEXT_FAILED', { model: model.name, finding }, { cause });
        }),
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
  try {
    const warmUp = whisper.recognize(new Float32Array(WARM_UP_SECONDS * SAMPLE_RATE_HZ), language);
    await raceSignal(warmUp, signal);
    return whisper;
  } catch (error) {
    await thread[Symbol.asyncDispose]();
    throw error;
  }
}

/** Languages that both the catalogue and the model know: one that the model lacks would end the process. */
async function checkFiles(model: Model): Promise<readonly string[]> {
  const { metadata } = await checkOnnx({
    model: model.name,
    path: fileOf(model, 'encoder'),
    expected: 'a Whisper encoder',
    metadata: ['n_mels', 'n_text_layer', 'n_vocab', 'sot', 'eot'],
    inputs: ['mel'],
  });
  await checkOnnx({
    model: model.name,
    path: fileOf(model, 'decoder'),
    expected: 'a Whisper decoder',
    inputs: [
      'tokens',
      'in_n_layer_self_k_cache',
      'in_n_layer_self_v_cache',
      'n_layer_cross_k',
      'n_layer_cross_v',
    ],
  });
  await checkTokens({ model: model.name, path: fileOf(model, 'tokens'), format: 'base64' });
  const known = metadata
    .get('all_language_codes')
    ?.split(',')
    .map((code) => code.trim());
  return namesOf(model, 'languages').filter((code) => known?.includes(code) ?? true);
}

function configOf(model: Model, numThreads: number): (language: string) => OfflineRecognizerConfig {
  const tailPaddings = model.facts['tailPaddings'] === undefined ? undefined : countOf(model, 'tailPaddings');
  return (language) => ({
    modelConfig: {
      whisper: {
        encoder: fileOf(model, 'encoder'),
        decoder: fileOf(model, 'decoder'),
        language,
        task: 'transcribe',
        ...(tailPaddings !== undefined && { tailPaddings }),
      },
      tokens: fileOf(model, 'tokens'),
      numThreads,
      provider: cpuProvider,
    },
  });
}
