import { fileURLToPath } from 'node:url';

/**
 * Value of `provider` for every engine: CPU, and threads that sleep while they wait. ONNX Runtime's default is to spin, which
 * burns a core that the next stage needs.
 */
export const cpuProvider = `cpu:${fileURLToPath(new URL('../assets/session.config', import.meta.url))}`;
