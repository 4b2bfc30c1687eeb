import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ModelKind, ModelStore } from './model-store.js';

export interface OpenModelStore {
  readonly provider: ModelStore;
  /** Name and kind of a model that is on this machine, undamaged. */
  readonly present: { readonly name: string; readonly kind: ModelKind };
  /** Name and kind of a model that the store knows and that is not on this machine. */
  readonly missing: { readonly name: string; readonly kind: ModelKind };
  /** Name and kind of a model one of whose files has other bytes than it should. */
  readonly damaged: { readonly name: string; readonly kind: ModelKind };
  close(): void | Promise<void>;
}

/** The rules that every `ModelStore` follows. `open` is called once per test. */
export function describeModelStoreContract(
  title: string,
  open: () => OpenModelStore | Promise<OpenModelStore>,
): void {
  describe(`${title} (ModelStore contract)`, () => {
    let opened: OpenModelStore;
    let store: ModelStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    it('locates a model by its name', async () => {
      const { name, kind } = opened.present;

      const model = await store.locate(name, { kind });

      expect(model).toMatchObject({
        name,
        kind,
        licence: expect.stringMatching(/\w/),
        sizeBytes: expect.any(Number),
      });
      expect(model.sizeBytes).toBeGreaterThan(0);
    });

    it('gives absolute paths of files that exist', async () => {
      const model = await store.locate(opened.present.name, { kind: opened.present.kind });

      const paths = [model.directory, ...Object.values(model.files)];
      expect(paths.length).toBeGreaterThan(1);
      for (const file of paths) {
        expect(path.isAbsolute(file)).toBe(true);
        await expect(stat(file)).resolves.toBeDefined();
      }
    });

    it('gives a model that can cross to another process', async () => {
      const model = await store.locate(opened.present.name, { kind: opened.present.kind });

      expect(structuredClone(model)).toEqual(model);
    });

    it('answers several callers at once alike', async () => {
      const { name, kind } = opened.present;

      const [one, two] = await Promise.all([store.locate(name, { kind }), store.locate(name, { kind })]);

      expect(one).toEqual(two);
    });

    it('refuses a name that it does not know', async () => {
      const located = store.locate('no-such-model', { kind: 'speech-to-text' });

      await expect(located).rejects.toMatchObject({
        code: 'MODEL_UNKNOWN',
        message: expect.stringContaining('no-such-model'),
      });
    });

    it('knows no name that climbs out of its folder', async () => {
      const located = store.locate('models/../../secret', { kind: 'speech-to-text' });

      await expect(located).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    });

    it('knows no name that every object has', async () => {
      await expect(store.locate('constructor', { kind: 'speech-to-text' })).rejects.toMatchObject({
        code: 'MODEL_UNKNOWN',
      });
      await expect(store.locate('', { kind: 'speech-to-text' })).rejects.toMatchObject({
        code: 'MODEL_UNKNOWN',
      });
    });

    it('refuses a path where nothing is', async () => {
      const located = store.locate('./no/such/model.gguf', { kind: 'language-model' });

      await expect(located).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    });

    it('refuses a model of another kind and names both', async () => {
      const { name, kind } = opened.present;
      const other = kind === 'language-model' ? 'text-to-speech' : 'language-model';

      const located = store.locate(name, { kind: other });

      await expect(located).rejects.toMatchObject({
        code: 'MODEL_KIND_WRONG',
        message: expect.stringContaining(other),
      });
      await expect(located).rejects.toThrow(kind);
    });

    it('says how to get a model that is not there', async () => {
      const { name, kind } = opened.missing;

      const located = store.locate(name, { kind });

      await expect(located).rejects.toMatchObject({
        code: 'MODEL_MISSING',
        message: expect.stringContaining(name),
      });
      await expect(located).rejects.toThrow('tiercel models pull');
    });

    it('never hands out a damaged model', async () => {
      const { name, kind } = opened.damaged;

      const located = store.locate(name, { kind });

      await expect(located).rejects.toMatchObject({
        code: 'MODEL_CORRUPT',
        message: expect.stringContaining(name),
      });
      await expect(located).rejects.toThrow('tiercel models');
    });

    it('rejects with the reason of a signal that has aborted', async () => {
      const reason = new Error('given up');
      const { name, kind } = opened.present;

      const located = store.locate(name, { kind, signal: AbortSignal.abort(reason) });

      await expect(located).rejects.toBe(reason);
    });
  });
}
