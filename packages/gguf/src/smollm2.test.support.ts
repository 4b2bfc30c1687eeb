import { createRequire } from 'node:module';
import path from 'node:path';

const models = path.dirname(createRequire(import.meta.url).resolve('@tiercel/starter-models/package.json'));

/** A real model of 135 M parameters. */
export const SMOLLM2_FILE = path.join(models, 'models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
