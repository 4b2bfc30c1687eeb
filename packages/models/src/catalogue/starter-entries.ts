import type { CatalogueEntry } from './catalogue-entry.js';
import { WHISPER_LANGUAGES } from './whisper-languages.js';

/** The models of `@tiercel/starter-models`, byte by byte. */
export const STARTER_ENTRIES: readonly CatalogueEntry[] = [
  {
    name: 'silero-vad',
    title: 'Silero voice activity detection 6.2.3',
    kind: 'voice-activity-detector',
    licence: 'MIT',
    origin: 'starter-models',
    facts: { engine: 'silero', sampleRateHz: 16_000, windowSize: 512 },
    roles: { model: 'silero_vad.onnx' },
    files: [
      {
        path: 'LICENSE',
        sizeBytes: 1075,
        sha256: '2e63e9a38b6e8fc0c7bc37ce174caca1862870856c6daf5697cfb785e925520b',
      },
      {
        path: 'silero_vad.onnx',
        sizeBytes: 1_289_603,
        sha256: '7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49',
      },
    ],
  },
  {
    name: 'whisper-base',
    title: 'OpenAI Whisper base, 99 languages, int8',
    kind: 'speech-to-text',
    licence: 'MIT',
    origin: 'starter-models',
    // No `tailPaddings`: any value but the engine's default makes this model say short sentences twice.
    facts: { engine: 'whisper', sampleRateHz: 16_000, languages: WHISPER_LANGUAGES },
    roles: { encoder: 'encoder.int8.onnx', decoder: 'decoder.int8.onnx', tokens: 'tokens.txt' },
    files: [
      {
        path: 'LICENSE',
        sizeBytes: 1063,
        sha256: 'b5d65a59060e68c4ff940e1eddfa6f94b2d68fdf58ed7f4dd57721c997e35e9d',
      },
      {
        path: 'decoder.int8.onnx',
        sizeBytes: 50_273_424,
        sha256: '0dce28c68047f7dc81304cddf86908d6df6af7e3a4952f2e52f24fc9aebf35e4',
      },
      {
        path: 'encoder.int8.onnx',
        sizeBytes: 29_006_272,
        sha256: '442206469282df7526cd930b34382010c46429a90acd2d7bff56f952c3cf97bf',
      },
      {
        path: 'tokens.txt',
        sizeBytes: 816_730,
        sha256: 'b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126',
      },
    ],
  },
  {
    name: 'piper-en_US-joe-medium',
    title: 'Piper voice Joe, American English, medium',
    kind: 'text-to-speech',
    licence: 'CC0-1.0 AND GPL-3.0-or-later',
    origin: 'starter-models',
    facts: { engine: 'vits', sampleRateHz: 22_050, languages: ['en'], speakers: 1 },
    roles: { model: 'model.onnx', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
    files: [
      {
        path: 'MODEL_CARD',
        sizeBytes: 280,
        sha256: 'd38223ba9381592ee7aeee49da1b61047121db1ad1761973ce0b88ff3e14041b',
      },
      {
        path: 'espeak-ng-data/en_dict',
        sizeBytes: 168_294,
        sha256: 'e287f8e93e02fa0d4cd246d954309d932c2b71c803dc52176368534bf884173e',
      },
      {
        path: 'espeak-ng-data/intonations',
        sizeBytes: 2584,
        sha256: 'c4ff28c76c30cf7d9f07643e08ec39e68769ef648098269b5c0ab7731218e219',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en',
        sizeBytes: 140,
        sha256: '4605d5330801de3641c6e366d15f129ea1f5ffbce8722642aba01ace07ab9c83',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-029',
        sizeBytes: 335,
        sha256: 'faeb8cb201056775f733acbd908c66555fe57bf01cb063920f178f389cbf85d3',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-GB-scotland',
        sizeBytes: 295,
        sha256: '1ce4282c1f4385dbaf0035e799b2ab1ee9e9a3ab4829100594a3047727b52353',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-GB-x-gbclan',
        sizeBytes: 238,
        sha256: '2040e176f1f7f27bdce81c32d7e2b1662449d54d264afd3c0ed871b8e42b6e46',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-GB-x-gbcwmd',
        sizeBytes: 188,
        sha256: '927a5ab891c65b30b4426b151d1623a01024f6b773a38497ba1c90cd77a95747',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-GB-x-rp',
        sizeBytes: 249,
        sha256: 'd0625af7f58561b1b8cf96fd7f93eee6553bcb3eadb9020ae0757bf96e5115e5',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-Shaw',
        sizeBytes: 119,
        sha256: '3eb1fa02a32633cc8fc66823b8bc9235a9f10dff71d7d78f380f15fc0f0e7df5',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-US',
        sizeBytes: 257,
        sha256: '41534c2a22df5dd4f1052ff9e1a33a3ea7bff5a26b5c02bdad5ba8ddb7524704',
      },
      {
        path: 'espeak-ng-data/lang/gmw/en-US-nyc',
        sizeBytes: 271,
        sha256: 'e8ee9168376d1f7d9e7dcda7c4644c36c529a8bea816e6380895364db46ea2e3',
      },
      {
        path: 'espeak-ng-data/phondata',
        sizeBytes: 594_464,
        sha256: 'e4e698524686da9e207c79c1e6c896a024b0b4412741cdd28f059ebae0a78112',
      },
      {
        path: 'espeak-ng-data/phonindex',
        sizeBytes: 48_584,
        sha256: '093104ededac06529465db6c51769d0bf8311f9eaec7a0b881599734e40a230e',
      },
      {
        path: 'espeak-ng-data/phontab',
        sizeBytes: 63_700,
        sha256: 'cfee959088c75a2f9a8b78535f34eeea3ed7cac24615a57581ae3a9060de68c2',
      },
      {
        path: 'model.onnx',
        sizeBytes: 31_975_020,
        sha256: '46dda28427eb9928f1870e45bdbddea0d9b4943d9864ac4639fe43567f9cf712',
      },
      {
        path: 'tokens.txt',
        sizeBytes: 899,
        sha256: 'da19d3f9a439574f66c072baafced1d1c79f42d8c5981619ea9274a7ab0dbba5',
      },
    ],
  },
  {
    name: 'smollm2-135m-instruct',
    title: 'SmolLM2 135M Instruct, Q4_1: very small, calls no tools',
    kind: 'language-model',
    licence: 'Apache-2.0',
    origin: 'starter-models',
    facts: {
      engine: 'llama',
      architecture: 'llama',
      contextLength: 8192,
      languages: ['en'],
      // It was never seen to call a function: it says that it did, and does nothing.
      tools: 'none',
    },
    roles: { model: 'SmolLM2-135M-Instruct.Q4_1.gguf' },
    files: [
      {
        path: 'LICENSE',
        sizeBytes: 11_357,
        sha256: 'c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4',
      },
      {
        path: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        sizeBytes: 98_362_432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      },
    ],
  },
];
