export type QualityOfService = 0 | 1 | 2;

/** A message as aedes hands it to its store, or the release of one (`cmd: 'pubrel'`). */
export interface Message {
  readonly cmd: 'publish' | 'pubrel';
  /** Its number in the order in which the broker took it. */
  readonly brokerCounter: number;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QualityOfService;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Its number on the connection of one client. */
  readonly messageId?: number | undefined;
}

/** What aedes calls a client in most places of its store. */
export interface WithId {
  readonly id: string;
}
