export { Circuit, type CircuitCall, type CircuitSettings, type FailureShare } from './circuit.js';
export { type FailedAttempt, FailoverError } from './errors.js';
export { type Failover, type FailoverOptions, firstThatStarts } from './first-that-starts.js';
