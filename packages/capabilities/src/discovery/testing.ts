export { describeDiscoveryContract, type OpenDiscovery } from './discovery-contract.js';
export { FakeDiscovery } from './fake-discovery.js';
export { FakeServiceAnnouncer } from './fake-service-announcer.js';
export { describeServiceAnnouncerContract, type OpenServiceAnnouncer } from './service-announcer-contract.js';
export { untilKnown } from './until-known.js';
