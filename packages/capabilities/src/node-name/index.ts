export { defaultNodeName, isNodeName, toNodeName } from './node-name.js';
