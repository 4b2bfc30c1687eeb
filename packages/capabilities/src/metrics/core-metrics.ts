import type { MetricDefinition } from './metrics.js';

const SHORT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const FACTORS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2];

/** What Tiercel itself measures. Others add their own: any `MetricDefinition` will do. */
export const coreMetrics = {
  pluginState: {
    name: 'plugin_state',
    kind: 'gauge',
    help: '1 for the state that each plugin is in',
    labels: ['plugin', 'state'],
  },
  eventLoopDelaySeconds: {
    name: 'event_loop_delay_seconds',
    kind: 'gauge',
    help: 'Delay of the event loop since the metrics were last read',
    labels: ['quantile'],
  },
  residentMemoryBytes: {
    name: 'resident_memory_bytes',
    kind: 'gauge',
    help: 'Resident memory of the process that counts',
    labels: [],
  },
  metricsRefused: {
    name: 'metrics_refused_total',
    kind: 'counter',
    help: 'Updates that were not taken as they were',
    labels: ['cause'],
  },

  turns: {
    name: 'turn_total',
    kind: 'counter',
    help: 'Turns by how they ended',
    labels: ['outcome'],
  },
  turnSpanSeconds: {
    name: 'turn_span_seconds',
    kind: 'histogram',
    help: 'Time that a turn spent in each stage',
    labels: ['span'],
    buckets: SECONDS,
  },
  turnFalseCutoffs: {
    name: 'turn_false_cutoff_total',
    kind: 'counter',
    help: 'Turns that were ended while the speaker went on',
    labels: [],
  },
  bargeInSeconds: {
    name: 'barge_in_seconds',
    kind: 'histogram',
    help: 'From the first sample of an interruption to silence',
    labels: [],
    buckets: SHORT_SECONDS,
  },
  transcriptsRejected: {
    name: 'transcript_rejected_total',
    kind: 'counter',
    help: 'Transcripts that were not taken for speech',
    labels: ['cause'],
  },
  framesDropped: {
    name: 'frames_dropped_total',
    kind: 'counter',
    help: 'Audio frames that a full queue lost',
    labels: ['edge'],
  },
  ttsRealtimeFactor: {
    name: 'tts_realtime_factor',
    kind: 'histogram',
    help: 'Time to synthesise, by the length of the speech',
    labels: [],
    buckets: FACTORS,
  },
  sttRealtimeFactor: {
    name: 'stt_realtime_factor',
    kind: 'histogram',
    help: 'Time to transcribe, by the length of the speech',
    labels: [],
    buckets: FACTORS,
  },

  llmQueueDepth: {
    name: 'llm_queue_depth',
    kind: 'gauge',
    help: 'Requests that wait for a model',
    labels: ['provider'],
  },
  llmSlotsBusy: {
    name: 'llm_slots_busy',
    kind: 'gauge',
    help: 'Requests that a model is answering',
    labels: ['provider'],
  },
  llmTokens: {
    name: 'llm_tokens_total',
    kind: 'counter',
    help: 'Tokens by kind: prompt, cached, completion, reasoning',
    labels: ['provider', 'kind'],
  },
  llmFirstTextSeconds: {
    name: 'llm_first_text_seconds',
    kind: 'histogram',
    help: 'From the request to the first piece of the answer',
    labels: ['provider'],
    buckets: SECONDS,
  },
  llmAbortToFreeSeconds: {
    name: 'llm_abort_to_free_seconds',
    kind: 'histogram',
    help: 'From an abort to the free slot',
    labels: ['provider'],
    buckets: SHORT_SECONDS,
  },
  breakerState: {
    name: 'breaker_state',
    kind: 'gauge',
    help: '0 closed, 1 half-open, 2 open',
    labels: ['endpoint'],
  },

  toolCallSeconds: {
    name: 'tool_call_seconds',
    kind: 'histogram',
    help: 'Tool calls by tool and outcome',
    labels: ['tool', 'outcome'],
    buckets: SECONDS,
  },
  httpRequestSeconds: {
    name: 'http_request_seconds',
    kind: 'histogram',
    help: 'Served requests, from the headers to the last byte or the closed socket',
    labels: ['group', 'status'],
    buckets: SECONDS,
  },

  worldEntries: {
    name: 'world_entries',
    kind: 'gauge',
    help: 'Entries of the world model',
    labels: [],
  },
  outboxDepth: {
    name: 'outbox_depth',
    kind: 'gauge',
    help: 'Changes that wait for the broker',
    labels: [],
  },
  mqttConnected: {
    name: 'mqtt_connected',
    kind: 'gauge',
    help: '1 while the broker is connected',
    labels: [],
  },
  discoveryAgeSeconds: {
    name: 'discovery_age_seconds',
    kind: 'gauge',
    help: 'Age of the endpoints that are used',
    labels: ['service'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
