import { Aedes, type AedesOptions, type AedesPublishPacket, type Client, type PublishPacket } from 'aedes';

type Done = (error?: Error) => void;

interface Waiting {
  readonly packet: PublishPacket;
  readonly client: Client | null;
  readonly done: Done;
}

/** What aedes hands messages to subscribers with. */
interface Emitter {
  emit(packet: AedesPublishPacket, done: () => void): void;
}

export interface OrderedAedesOptions extends AedesOptions {
  /** Whether a message may pass. One that may not is acknowledged all the same, as MQTT 3.1.1 knows no other answer. */
  readonly admit: (client: Client, packet: PublishPacket) => boolean;
}

/**
 * aedes numbers messages when they arrive, lets a retained one take longer than one that is not, and then drops as repetitions
 * what comes to a client with a lower number than the one before. So here a message is numbered and handed on before the next.
 */
export class OrderedAedes extends Aedes {
  readonly #admit: OrderedAedesOptions['admit'];
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  #isLooping = false;

  constructor({ admit, ...options }: OrderedAedesOptions) {
    super(options);
    this.#admit = admit;
    // A property that aedes documents and its types leave out.
    const emitter = Reflect.get(this, 'mq') as Emitter;
    const emit = emitter.emit.bind(emitter);
    emitter.emit = (packet, done) => {
      emit(packet, done);
      this.#release();
    };
  }

  override publish(packet: PublishPacket, callback: Done): void;
  override publish(packet: PublishPacket, client: Client | null, done?: Done): void;
  override publish(packet: PublishPacket, second: Client | null | Done, third: Done = () => {}): void {
    const [client, done] = typeof second === 'function' ? [null, second] : [second, third];
    if (client && !this.#admit(client, packet)) return void setImmediate(done);
    this.#waiting.push({ packet, client, done });
    this.#next();
  }

  /** Messages that wait are bounded by what the clients' sockets hold: aedes reads on when it is done with what it has read. */
  #next(): void {
    if (this.#isLooping) return;
    this.#isLooping = true;
    for (let next = this.#take(); next; next = this.#take()) {
      const { packet, client, done } = next;
      this.#isBusy = true;
      const publish = super.publish;
      // The types of aedes leave out the client.
      Reflect.apply(publish, this, [
        packet,
        client,
        (error?: Error) => {
          if (error) this.#release();
          done(error);
        },
      ]);
    }
    this.#isLooping = false;
  }

  #take(): Waiting | undefined {
    return this.#isBusy ? undefined : this.#waiting.shift();
  }

  /** Most messages are handed on before `publish` returns: then the loop goes on, and nothing grows. */
  #release(): void {
    this.#isBusy = false;
    this.#next();
  }
}
