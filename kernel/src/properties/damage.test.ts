import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evaluateWhen } from '../manifest/when.js';
import { findPlugins } from '../plan/find-plugins.js';
import { plan } from '../plan/plan.js';
import { formatProblems, type Problem } from '../plan/problem.js';
import { problemCatalogue } from '../plan/problems.js';
import { manifestOf } from '../plugins.test.support.js';
import { choices } from './choices.test.support.js';
import { configFilesOf, type Deployment, foundPluginsOf, pluginOf } from './deployment.test.support.js';
import { writeYaml } from './documents.test.support.js';
import { bytesFor, drawDeployment } from './draw-deployment.test.support.js';
import { type Fault, faults, Garden, type SeededProblem } from './faults.test.support.js';
import { circlesOf, faultsOf } from './oracle.test.support.js';
import {
  documentsOf,
  type Loaded,
  loadDocuments,
  makeManifestFolder,
} from './write-deployment.test.support.js';

let folder: string;

beforeAll(async () => {
  folder = await makeManifestFolder();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the faults that are seeded', () => {
  it('bring in every problem that a plan can have', () => {
    const seeded = new Set(faults.map(({ code }) => code));

    expect([...seeded].toSorted()).toEqual(Object.keys(problemCatalogue).toSorted());
  });
});

const textOf = (problems: readonly Problem[]) => formatProblems('', problems);

/** What a text shows where a value of another kind slipped in. */
const internals = /undefined|\[object|Symbol\(/;

/** What is in `all` more often than in `others`. */
function surplus(all: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return all.filter((one) => {
    const index = left.indexOf(one);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

type Sown = Omit<Fault, 'seed'> & { readonly problems: readonly SeededProblem[] };

/** Seeds this many faults; those that find no place in the deployment are left out. */
function sow(garden: Garden, count: number): readonly Sown[] {
  return Array.from({ length: count }, () => garden.choices.pick(faults)).flatMap(({ seed, ...fault }) => {
    const problems = seed(garden);
    return problems ? { ...fault, problems } : [];
  });
}

/** What must be told, each as a line; of the circles at least one, and only those. */
function expectedOf(deployment: Deployment, sown: readonly Sown[], { locate }: Loaded) {
  const inOneLine = ({ at, code, layer }: SeededProblem) =>
    `${at === undefined ? 'nowhere' : locate(at, layer)} ${code}`;
  const blinding = sown.filter(({ isBlinding }) => isBlinding);
  if (blinding.length > 0) {
    return { isBlind: true, circles: [], due: blinding.flatMap(({ problems }) => problems.map(inOneLine)) };
  }
  return {
    isBlind: false,
    circles: circlesOf(deployment).map(({ key }) => `${locate(['plugins', key])} KERNEL_CYCLE`),
    due: [...sown.flatMap(({ problems }) => problems), ...faultsOf(deployment)].map(inOneLine),
  };
}

describe('any damaged manifest', () => {
  const small = { entries: 5, layers: 1 };
  const large = { entries: 5, layers: 3 };
  const mostFaults = 4;

  it('tells of each fault on its line, of what follows from it, and of nothing else', async () => {
    const seeds = new Map(faults.map(({ title }) => [title, 0]));
    await fc.assert(
      fc.asyncProperty(choices(bytesFor(large) + mostFaults * 15), async (drawn) => {
        const deployment = drawDeployment(drawn, drawn.oneIn(16) ? large : small);
        const garden = new Garden(deployment, drawn);
        const sown = sow(garden, 1 + drawn.below(mostFaults));
        for (const { title } of sown) seeds.set(title, (seeds.get(title) ?? 0) + 1);
        const documents = documentsOf(deployment, drawn);
        garden.applyEdits(documents);
        const loaded = await loadDocuments(documents, drawn, { folder });
        const { manifest, text } = loaded;

        const { problems } = plan({
          manifest,
          plugins: foundPluginsOf(deployment),
          environment: deployment.environment,
          files: configFilesOf(deployment, manifest.directory),
          placements: deployment.placements,
        });

        const { due, circles, isBlind } = expectedOf(deployment, sown, loaded);
        const told = problems.map(({ at, code }) => {
          return `${at ? `${at.file.split('/').at(-1)}:${at.line}` : 'nowhere'} ${code}`;
        });
        const isFounded = (line: string) =>
          circles.includes(line) || (isBlind && line.endsWith('KERNEL_YAML_INVALID'));
        expect({
          text,
          sown: sown.map(({ title }) => title),
          untold: surplus(due, told),
          unfounded: surplus(told, due).filter((line) => !isFounded(line)),
          isCircleTold: told.some((line) => line.endsWith('KERNEL_CYCLE')),
          slips: internals.exec(textOf(problems)),
        }).toEqual({
          text,
          sown: expect.anything(),
          untold: [],
          unfounded: [],
          isCircleTold: circles.length > 0,
          slips: null,
        });
      }),
      { numRuns: 10_000 },
    );
    expect([...seeds].filter(([, count]) => count < 20)).toEqual([]);
  }, 120_000);

  it('never crashes the planner, whatever characters it hits', async () => {
    const pieces = [
      '\n',
      '\t',
      ': ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '!!x ',
      '<<: ',
      '? ',
      '#',
      "'",
      '"',
      '~',
      '|\n',
    ];
    const piece = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(...pieces));
    const cut = fc.tuple(fc.nat(), fc.nat({ max: 8 }), piece);
    await fc.assert(
      fc.asyncProperty(
        choices(bytesFor(small)),
        fc.array(cut, { minLength: 1, maxLength: 6 }),
        async (drawn, cuts) => {
          const deployment = drawDeployment(drawn, small);
          const { text } = writeYaml(documentsOf(deployment, drawn)[0] ?? {}, drawn);
          const damaged = cuts.reduce((all, [place, length, by]) => {
            const at = place % (all.length + 1);
            return all.slice(0, at) + by + all.slice(at + length);
          }, text);
          const manifest = manifestOf(damaged);
          const { environment } = deployment;

          const { problems } = plan({
            manifest,
            plugins: await findPlugins(manifest, { given: deployment.entries.map(({ of }) => pluginOf(of)) }),
            environment,
            files: configFilesOf(deployment, manifest.directory),
          });

          expect(textOf(problems)).not.toMatch(internals);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never crashes a "when" expression', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ maxLength: 4 }),
            fc.constantFrom('A', '&&', '||', '!', '(', ')', '==', "'x'", ' '),
          ),
        ),
        (parts) => {
          const result = evaluateWhen(parts.join(''), { A: 'true' });

          expect(typeof (result.ok ? result.holds : result.finding)).toMatch(/boolean|string/);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
