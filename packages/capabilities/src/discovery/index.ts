export { checkAnnouncement } from './check-announcement.js';
export { Discovery, type Endpoint, type EndpointSet } from './discovery.js';
export { EndpointFeed, type FeedSource, readFeed } from './endpoint-feed.js';
export { createEndpointSet } from './endpoint-set.js';
export { DiscoveryError } from './errors.js';
export { type Announcement, type AnnouncementEvent, ServiceAnnouncer } from './service-announcer.js';
export { checkServiceName } from './service-name.js';
export { type Standing, StateStream } from './state-stream.js';
