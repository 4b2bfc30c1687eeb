/** The package has types for its callbacks only; this is the class below them, as far as it is used here. */
declare module 'aedes-persistence/asyncPersistence.js' {
  import type { Readable } from 'node:stream';
  import type { Subscription } from 'aedes';
  import type { Message, WithId } from './message.js';

  export default class MemoryPersistence {
    setup(broker: unknown): Promise<void>;
    storeRetained(message: Message): Promise<void>;
    createRetainedStreamCombi(filters: readonly string[]): Readable;
    addSubscriptions(client: WithId, subscriptions: readonly Subscription[]): Promise<void>;
    cleanSubscriptions(client: WithId): Promise<void>;
    subscriptionsByClient(client: WithId): Promise<readonly Subscription[]>;
    outgoingEnqueue(subscription: { readonly clientId: string }, message: Message): Promise<void>;
    outgoingEnqueueCombi(
      subscriptions: readonly { readonly clientId: string }[],
      message: Message,
    ): Promise<void>;
    outgoingUpdate(client: WithId, message: Message): Promise<void>;
    outgoingClearMessageId(client: WithId, message: Message): Promise<Message | undefined>;
    outgoingStream(client: WithId): Readable;
    cleanIncoming(client: WithId): Promise<void>;
  }
}
