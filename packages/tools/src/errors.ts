import { defineErrors } from '@tiercel/kernel';

export const AuditError = defineErrors(
  'AuditError',
  {
    AUDIT_UNWRITABLE: (d: { folder: string; finding: string }) =>
      `The audit log in ${d.folder} cannot be written: ${d.finding}. Free the disk, or set "audit" of plugin tool-registry to a folder that this user may write.`,
    AUDIT_QUEUE_FULL: (d: { folder: string; waiting: number }) =>
      `${d.waiting} records wait for the audit log in ${d.folder}, so this one is lost. Look at the disk; it does not keep up.`,
    AUDIT_CLOSED: (d: { folder: string }) =>
      `The audit log in ${d.folder} is closed. Do not call tools of a node that has stopped.`,
  },
  { retryable: ['AUDIT_QUEUE_FULL'] },
);
