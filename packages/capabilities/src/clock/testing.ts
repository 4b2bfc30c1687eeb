export { describeClockContract, type OpenClock } from './clock-contract.js';
export { FakeClock, type FakeClockOptions } from './fake-clock.js';
