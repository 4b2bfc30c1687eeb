export { type ArgumentCheck, type CompileOptions, compileArgumentCheck } from './argument-check.js';
export type {
  AuditRecord,
  AuditTrail,
  CallOutcome,
  DeclinedRecord,
  EndRecord,
  RefusedRecord,
  RepeatedRecord,
  StartRecord,
} from './audit/audit-trail.js';
export { FileAuditTrail, type FileAuditTrailOptions } from './audit/file-audit-trail.js';
export { readEarlierCalls } from './audit/read-earlier-calls.js';
export { type AuditFinding, type AuditReport, verifyAudit } from './audit/verify-audit.js';
export type { Delay } from './deadline.js';
export { AuditError } from './errors.js';
export type { ExecutionMode } from './execution-mode.js';
export type { EarlierCall } from './once-calls.js';
export { parameterFindings } from './parameter-findings.js';
export type { PolicyByTool } from './policy-rules.js';
export { createToolRegistry, type EndedCall, type ToolRegistryOptions } from './tool-registry.js';
