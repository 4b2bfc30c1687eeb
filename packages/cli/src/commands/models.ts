import type { ModelListing } from '@tiercel/models';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { Meter } from '../meter.js';
import { openStore } from '../open-store.js';
import { paintFor } from '../paint.js';

export interface ModelsOptions {
  readonly json?: boolean;
}

export async function listModels(context: Context, { json = false }: ModelsOptions): Promise<number> {
  const { terminal } = context;
  const store = await openStore(terminal);
  const models = await store.list();
  if (json) {
    terminal.print(JSON.stringify({ directory: store.directory, models }, undefined, 2));
    return 0;
  }
  const paint = paintFor(terminal);
  const width = Math.max(...models.map(({ name }) => name.length));
  const kindWidth = Math.max(...models.map(({ kind }) => kind.length));
  for (const { name, kind, sizeBytes, state, licence, title } of models) {
    const colour = state === 'present' ? 'green' : state === 'missing' ? 'dim' : 'yellow';
    terminal.print(
      [
        name.padEnd(width),
        paint(colour, state.padEnd(10)),
        mebibytes(sizeBytes).padStart(9),
        kind.padEnd(kindWidth),
        `${title} (${licence})`,
      ].join('  '),
    );
  }
  terminal.print(`Downloaded models lie in ${store.directory} (MODELS_DIR).`);
  return 0;
}

export async function pullModel(
  context: Context,
  name: string,
  { json = false }: ModelsOptions,
): Promise<number> {
  const { terminal, signal } = context;
  const store = await openStore(terminal);
  const meter = new Meter(terminal, { title: name });
  try {
    const model = await store.pull(name, {
      signal,
      onProgress: ({ receivedBytes, totalBytes, file }) => meter.show(receivedBytes, totalBytes, file),
    });
    meter.end();
    if (json) terminal.print(JSON.stringify({ model }, undefined, 2));
    else terminal.print(`${model.name} is complete: ${mebibytes(model.sizeBytes)} in ${model.directory}`);
    return 0;
  } finally {
    meter.end();
  }
}

export async function verifyModels(
  context: Context,
  names: readonly string[],
  { json = false }: ModelsOptions,
): Promise<number> {
  const { terminal, signal } = context;
  const store = await openStore(terminal);
  const models = names.length > 0 ? names : (await store.list()).filter(isHere).map(({ name }) => name);
  const meter = new Meter(terminal, { title: 'Checking' });
  const reports = [];
  try {
    for (const model of models) {
      reports.push(
        await store.verify(model, {
          signal,
          onProgress: ({ checkedBytes, totalBytes }) => meter.show(checkedBytes, totalBytes, model),
        }),
      );
    }
  } finally {
    meter.end();
  }
  const damaged = reports.filter(({ isIntact }) => !isIntact);
  if (json) {
    terminal.print(JSON.stringify({ models: reports }, undefined, 2));
    return damaged.length > 0 ? 1 : 0;
  }
  for (const { model, isIntact, findings } of reports) {
    terminal.print(`${model}: ${isIntact ? 'intact' : findings.map(({ text }) => text).join('; ')}`);
  }
  if (damaged.length === 0) return 0;
  throw new CliError('CLI_MODELS_DAMAGED', { models: damaged.map(({ model }) => model) });
}

function isHere({ state }: ModelListing): boolean {
  return state !== 'missing';
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(bytes < 104_857_600 ? 1 : 0)} MiB`;
}
