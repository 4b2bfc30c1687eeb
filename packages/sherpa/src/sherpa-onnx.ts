/**
 * The parts of sherpa-onnx-node that we use. The package ships no declarations.
 * Everywhere in its configuration a falsy value means "the default", and a misspelt key is ignored.
 */
export interface SherpaOnnx {
  readonly Vad: new (config: VadConfig, bufferSeconds: number) => Vad;
  readonly OfflineTts: { createAsync(config: OfflineTtsConfig): Promise<OfflineTts> };
}

export interface VadConfig {
  readonly sileroVad: {
    readonly model: string;
    readonly threshold: number;
    /** Seconds. */
    readonly minSilenceDuration: number;
    /** Seconds. */
    readonly minSpeechDuration: number;
    /** Seconds; afterwards threshold and silence become strict, so that long speech is cut. */
    readonly maxSpeechDuration: number;
    readonly windowSize: number;
  };
  /** Anything but 16000 ends the process. */
  readonly sampleRate: 16_000;
  readonly numThreads: number;
  readonly provider: string;
}

/** Works on the caller's thread. Exactly one window per `acceptWaveform`; 2^31 samples without `reset` end the process. */
export interface Vad {
  acceptWaveform(samples: Float32Array): void;
  isDetected(): boolean;
  /** Whether no finished segment waits. `pop` on an empty queue ends the process. */
  isEmpty(): boolean;
  pop(): void;
  reset(): void;
}

export interface OfflineTtsConfig {
  readonly model: {
    readonly vits: { readonly model: string; readonly tokens: string; readonly dataDir: string };
    readonly numThreads: number;
    readonly provider: string;
  };
  /** Sentences per batch; audio comes batch by batch. */
  readonly maxNumSentences: number;
  readonly silenceScale: number;
}

export interface TtsRequest {
  readonly text: string;
  readonly sid: number;
  readonly speed: number;
  /** `false` makes plain buffers, which may be transferred. */
  readonly enableExternalBuffer: boolean;
  /**
   * Gets each batch on the caller's thread; 0 cancels the batches that were not begun. Must not throw and must be quick: a
   * few batches may wait for it, then a pool thread blocks.
   */
  readonly onProgress: (batch: { readonly samples: Float32Array; readonly progress: number }) => 0 | 1;
}

/** Works on the thread pool. Keep your own reference until `generateAsync` settles. */
export interface OfflineTts {
  readonly sampleRate: number;
  readonly numSpeakers: number;
  generateAsync(
    request: TtsRequest,
  ): Promise<{ readonly samples: Float32Array; readonly sampleRate: number }>;
}

export interface OfflineRecognizerConfig {
  readonly modelConfig: {
    readonly whisper: {
      readonly encoder: string;
      readonly decoder: string;
      /** A language that the model does not have ends the process. */
      readonly language: string;
      readonly task: 'transcribe' | 'translate';
      /** Frames of silence behind the audio; 0 is the default of 1000 (10 s). */
      readonly tailPaddings?: number;
    };
    readonly tokens: string;
    readonly numThreads: number;
    readonly provider: string;
  };
}
