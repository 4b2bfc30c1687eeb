import type { Problem } from '@tiercel/kernel';

interface ProblemText {
  readonly message: string;
  readonly fix: string;
}

const list = (names: readonly string[]) => names.join(', ');
const quiet = 'Open, start and print in setup(), where the node can take it back.';

/** What can be wrong with the declaration of a plugin. Every text says what, and every fix what to do next. */
export const authoringProblems = {
  AUTHORING_TARGET_UNKNOWN: (d: { path: string }) => ({
    message: `${d.path} is neither the folder of a package nor a module.`,
    fix: 'Name the folder with the package.json of the plugin, or a built module such as dist/doorbell.js.',
  }),
  AUTHORING_PACKAGE_UNREADABLE: (d: { file: string; finding: string }) => ({
    message: `${d.file} cannot be used: ${d.finding}.`,
    fix: 'Mend it; a package has at least a "name", a "version" and "exports".',
  }),
  AUTHORING_ENTRY_MISSING: (d: { entry: string }) => ({
    message: `The package says that its entry is ${d.entry}, and there is no such file.`,
    fix: 'Build the package first (npm run build), or correct "exports" in package.json.',
  }),
  AUTHORING_FILE_UNPUBLISHED: (d: { file: string }) => ({
    message: `"files" in package.json leaves ${d.file} out, so that nobody who installs the package can plan with it.`,
    fix: `Add "${d.file}" to "files".`,
  }),
  AUTHORING_IMPORT_FAILED: (d: { finding: string }) => ({
    message: `Its module cannot be imported: ${d.finding}.`,
    fix: 'Mend the module, or install what it imports; an import must work on every machine.',
  }),
  AUTHORING_IMPORT_ENDED: (d: { finding: string }) => ({
    message: `Importing it ended the process: ${d.finding}.`,
    fix: quiet,
  }),
  AUTHORING_IMPORT_LATE: (d: { waitedMs: number }) => ({
    message: `Importing it was not over after ${d.waitedMs} ms.`,
    fix: 'Wait for nothing at the top level of a module. Do it in setup(), which has a deadline of its own.',
  }),
  AUTHORING_IMPORT_NATIVE: (d: { files: readonly string[] }) => ({
    message: `Importing it loads native code: ${list(d.files)}.`,
    fix: 'Import that package in setup(): await import("…"). A node that only plans must not load it.',
  }),
  AUTHORING_IMPORT_OUTPUT: (d: { text: string }) => ({
    message: `Importing it prints: ${d.text}`,
    fix: quiet,
  }),
  AUTHORING_IMPORT_RUNNING: (d: { resources: readonly string[] }) => ({
    message: `Importing it leaves something running: ${list(d.resources)}.`,
    fix: quiet,
  }),
  AUTHORING_IMPORT_GLOBALS: (d: { names: readonly string[] }) => ({
    message: `Importing it adds global variables: ${list(d.names)}.`,
    fix: 'Export what others need, and let them import it.',
  }),
  AUTHORING_IMPORT_LISTENERS: (d: { events: readonly string[] }) => ({
    message: `Importing it listens to events of the process: ${list(d.events)}.`,
    fix: 'Leave signals and process events to the program that runs the node; give things back with own().',
  }),
  AUTHORING_EXPORT_WRONG: (d: { finding: string }) => ({
    message: `Its default export is not a plugin: ${d.finding}.`,
    fix: 'Write "export default definePlugin({ … })" in the entry module.',
  }),
  AUTHORING_NAME_DIFFERS: (d: { declared: string; package: string }) => ({
    message: `The plugin is called "${d.declared}", and its package "${d.package}".`,
    fix: `Write name: '${d.package}' in definePlugin().`,
  }),
  AUTHORING_VERSION_DIFFERS: (d: { declared: string; package: string }) => ({
    message: `The plugin states version "${d.declared}", and its package "${d.package}".`,
    fix: `Write version: '${d.package}' in definePlugin(), or raise the version in package.json.`,
  }),
  AUTHORING_CAPABILITY_ABSENT: (d: { path: string }) => ({
    message: `${d.path} names no capability.`,
    fix: 'Use a token made by defineCapability(). Two modules that import each other leave it undefined: import it from the file that defines it.',
  }),
  AUTHORING_CAPABILITY_EMPTY: (d: { path: string; capability: string }) => ({
    message: `${d.path}: capability ${d.capability} has no members, so nobody could call it.`,
    fix: 'List every member of the interface under "methods" in defineCapability().',
  }),
  AUTHORING_VALUE_NOT_JSON: (d: { path: string; finding: string }) => ({
    message: `${d.path} cannot be written as JSON: it ${d.finding}.`,
    fix: 'A declaration is read without running the plugin: use texts, numbers, flags, lists and plain maps.',
  }),
  AUTHORING_DECLARATION_WRONG: (d: { finding: string }) => ({
    message: `In its declaration, ${d.finding}.`,
    fix: 'Correct this in definePlugin(); TypeScript shows it as you type.',
  }),
  AUTHORING_VARIABLE_SHARED: (d: { variable: string; keys: readonly string[] }) => ({
    message: `Configuration keys ${list(d.keys)} are all read from environment variable ${d.variable}.`,
    fix: 'Give each key a variable of its own.',
  }),
  AUTHORING_SECRET_DEFAULT: (d: { key: string }) => ({
    message: `Configuration key ${d.key} is sensitive, and its default would be published with the package.`,
    fix: "Write default: '' and let the owner of the node set it.",
  }),
  AUTHORING_FILE_STALE: (d: { file: string; paths: readonly string[] }) => ({
    message:
      d.paths.length === 0
        ? `${d.file} is missing, cannot be read, or has its parts in another order than the code.`
        : `${d.file} says something else than the code: ${list(d.paths)}.`,
    fix: 'Run "tiercel plugin build" and keep the file it writes.',
  }),
  AUTHORING_NAME_INVALID: (d: { name: string; finding: string }) => ({
    message: `"${d.name}" cannot be the name of a package: ${d.finding}.`,
    fix: 'Use lower-case words joined by "-", with your scope before them: @you/morse-voice.',
  }),
  AUTHORING_DIRECTORY_TAKEN: (d: { directory: string }) => ({
    message: `${d.directory} is there already.`,
    fix: 'Name another folder with --directory, or remove this one.',
  }),
  AUTHORING_CAPABILITY_UNKNOWN: (d: { capability: string; known: readonly string[] }) => ({
    message: `There is nothing to start from for a capability "${d.capability}".`,
    fix: `Use one of ${list(d.known)}. For a contract of another package, name that with --contract-from.`,
  }),
  AUTHORING_CONTRACT_UNREADABLE: (d: { specifier: string; finding: string }) => ({
    message: `${d.specifier} cannot be imported from here: ${d.finding}.`,
    fix: `Install the package in this folder first: npm install ${d.specifier
      .split('/')
      .slice(0, d.specifier.startsWith('@') ? 2 : 1)
      .join('/')}.`,
  }),
  AUTHORING_CONTRACT_ABSENT: (d: { specifier: string; capability: string; exported: readonly string[] }) => ({
    message: `${d.specifier} exports no capability "${d.capability}".`,
    fix:
      d.exported.length === 0
        ? 'It exports none at all. Name the entry that does, such as @acme/contracts/doorbell.'
        : `It exports ${list(d.exported)}.`,
  }),
} satisfies Record<string, (details: never) => ProblemText>;

export type AuthoringProblemCode = keyof typeof authoringProblems;

/** Makes one problem from the catalogue. */
export function problem<C extends AuthoringProblemCode>(
  code: C,
  details: Parameters<(typeof authoringProblems)[C]>[0],
): Problem {
  const write = authoringProblems[code] as (details: unknown) => ProblemText;
  return { code, ...write(details) };
}
