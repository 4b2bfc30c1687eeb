/** Where multicast DNS is heard (RFC 6762, section 3). */
export const MDNS_PORT = 5353;
/** Type of all services of nodes (RFC 6763, section 7); which one it is, the text record says. */
export const SERVICE_TYPE = '_tiercel._tcp.local';
/** Of everything that is announced (RFC 6762, section 10, for what names a host). */
export const TTL_SECONDS = 120;
/** What others may ask us to remember. */
export const LONGEST_TTL_SECONDS = 4_500;
export const MAX_INSTANCES = 256;
/** Who answers a question does so within 120 ms (RFC 6762, section 6); the rest is for a busy machine. */
export const LISTEN_MS = 1_000;
/** Pauses between questions double up to this (RFC 6762, section 5.2). Two of them fit into the life of a record. */
export const LONGEST_PAUSE_MS = 60_000;
/** Answers wait for so long, so that not everyone speaks at once (RFC 6762, section 6). */
export const ANSWER_DELAY_MS = { from: 20, to: 120 } as const;
/** The same record is sent no more often than that (RFC 6762, section 6). */
export const ANSWER_PAUSE_MS = 1_000;
/** The second announcement (RFC 6762, section 8.3). */
export const ANNOUNCE_AGAIN_MS = 1_000;
/** How often one looks whether the addresses of this machine have changed. */
export const ADDRESS_CHECK_MS = 30_000;
export const REOPEN_PAUSE_MS = { first: 1_000, longest: 30_000 } as const;
export const WITHDRAW_TIMEOUT_MS = 2_000;
/** Instances in one message: well below the 9,000 bytes of RFC 6762, section 17. */
export const INSTANCES_PER_MESSAGE = 8;
