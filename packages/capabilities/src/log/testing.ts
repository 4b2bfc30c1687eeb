export { FakeLog } from './fake-log.js';
export { describeLogContract, type OpenLog } from './log-contract.js';
