const nodeNamePattern = /^[A-Za-z0-9_.:@-]{1,64}$/;

/** Whether a text may stand for a node in topics, hybrid times and client ids. */
export function isNodeName(text: unknown): text is string {
  return typeof text === 'string' && nodeNamePattern.test(text);
}

/** A text as the name of a node: other characters become `-`, and what is too long is cut. */
export function toNodeName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_.:@-]/g, '-').slice(0, 64) || 'node';
}
