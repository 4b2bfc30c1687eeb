import path from 'node:path';
import { ModelStoreError } from './errors.js';
import type { Model, ModelKind, ModelStore } from './model-store.js';

/** Knows the models that it is given, and looks at no disk. */
export class FakeModelStore implements ModelStore {
  readonly #models = new Map<string, Model>();
  readonly #faults = new Map<string, ModelStoreError>();
  readonly #calls: string[] = [];

  constructor(models: readonly Model[] = []) {
    for (const model of models) this.#models.set(model.name, model);
  }

  /** Names that were asked for, oldest first. */
  get calls(): readonly string[] {
    return this.#calls;
  }

  /** From now on `name` is known, but not there. */
  lose(name: string): void {
    const fix = `Run "tiercel models pull ${name}".`;
    this.#faults.set(name, new ModelStoreError('MODEL_MISSING', { model: name, finding: 'no files', fix }));
  }

  /** From now on `name` is there, but damaged. */
  damage(name: string): void {
    const fix = `Run "tiercel models pull ${name}".`;
    const findings = ['model.onnx has another sha256'];
    this.#faults.set(name, new ModelStoreError('MODEL_CORRUPT', { model: name, findings, fix }));
  }

  async locate(
    name: string,
    options: { readonly kind: ModelKind; readonly signal?: AbortSignal | undefined },
  ): Promise<Model> {
    options.signal?.throwIfAborted();
    this.#calls.push(name);
    const fault = this.#faults.get(name);
    if (fault) throw fault;
    const model = this.#models.get(name);
    if (!model) throw this.#absent(name);
    if (model.kind !== options.kind) {
      throw new ModelStoreError('MODEL_KIND_WRONG', {
        model: name,
        expected: options.kind,
        found: `a ${model.kind} model`,
      });
    }
    return model;
  }

  #absent(name: string): ModelStoreError {
    if (!path.isAbsolute(name) && !/^\.\.?[\\/]/.test(name)) {
      return new ModelStoreError('MODEL_UNKNOWN', { model: name, known: [...this.#models.keys()] });
    }
    const fix = 'Correct the path, or use a name from "tiercel models list".';
    return new ModelStoreError('MODEL_MISSING', { model: name, finding: 'the path does not exist', fix });
  }
}
