export { defaultDataDirectory } from './data-directory.js';
