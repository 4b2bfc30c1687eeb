import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Plan, plan } from '../plan/plan.js';
import { choices } from './choices.test.support.js';
import { configFilesOf, foundPluginsOf } from './deployment.test.support.js';
import { bytesFor, drawDeployment } from './draw-deployment.test.support.js';
import { expectedPlan } from './oracle.test.support.js';
import { documentsOf, loadDocuments, makeManifestFolder } from './write-deployment.test.support.js';

let folder: string;

beforeAll(async () => {
  folder = await makeManifestFolder();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What the oracle speaks of. */
const summaryOf = ({ plugins, skipped, bindings, install, memoryMiB, placements }: Plan) => ({
  plugins: plugins.map(({ key, level, source, entry, config, configSources, deps }) => ({
    key,
    level,
    source,
    placement: entry.placement,
    boot: entry.boot,
    timeoutMs: entry.timeoutMs,
    config: Object.fromEntries(
      Object.entries(config).map(([name, value]) => [name, [value, configSources[name]]]),
    ),
    deps: Object.fromEntries(deps.map(({ dep, providers }) => [dep, providers.map(({ plugin }) => plugin)])),
  })),
  skipped,
  bindings: Object.fromEntries([...bindings].map(([id, offers]) => [id, offers.map(({ plugin }) => plugin)])),
  install,
  memoryMiB,
  isProcessUsed: placements.has('process'),
});

describe('any sound manifest', () => {
  const size = { entries: 12, layers: 3 };

  it('is planned without a problem, and as its rules say', async () => {
    await fc.assert(
      fc.asyncProperty(choices(bytesFor(size)), async (drawn) => {
        const deployment = drawDeployment(drawn, size);
        const documents = documentsOf(deployment, drawn);
        const top = documents.length > 1 ? drawn.pick(['file', 'data', 'overlay'] as const) : 'file';
        const { manifest, text } = await loadDocuments(documents, drawn, { folder, top });

        const planned = plan({
          manifest,
          plugins: foundPluginsOf(deployment),
          environment: deployment.environment,
          files: configFilesOf(deployment, manifest.directory),
          placements: deployment.placements,
        });

        expect({ text, problems: planned.problems, ...summaryOf(planned) }).toEqual({
          text,
          problems: [],
          ...expectedPlan(deployment),
        });
      }),
      { numRuns: 1_000 },
    );
  });
});
