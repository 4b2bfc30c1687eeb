export { type BuildOptions, buildPlugins, type PluginBuild } from './build/build-plugins.js';
export { AuthoringError } from './errors.js';
export { type AuthoringProblemCode, authoringProblems } from './problems.js';
export { type ScaffoldedPlugin, type ScaffoldOptions, scaffoldPlugin } from './scaffold/scaffold-plugin.js';
export { templateNames } from './scaffold/templates.js';
