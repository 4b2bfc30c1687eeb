export { Log, type LogFields, type LogLevel } from './log.js';
export { createLogLine, type LogLine, type LogLineOptions } from './log-line.js';
