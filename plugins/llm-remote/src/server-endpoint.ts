import type { Endpoint } from '@tiercel/capabilities/discovery';
import { Circuit } from '@tiercel/failover';
import { isTiercelError } from '@tiercel/kernel';
import type { Line } from './exchange.js';
import { lookUpServer, type ServerFacts } from './server-facts.js';
import { ServerFault } from './server-failure.js';

export interface ServerEndpointOptions {
  /** Address that ends in `/v1`. */
  readonly base: string;
  readonly line: Line;
  /** Empty: the first that the server lists. */
  readonly model: string;
}

/** What is known of one model server. */
export class ServerEndpoint {
  readonly base: string;
  readonly origin: string;
  readonly circuit: Circuit;
  /** Place of its service among several: a smaller one is asked first. */
  rank = 0;
  weight = 1;
  /** Calls that are under way. */
  running = 0;
  /** Whether it counts tokens; not known before it was asked. */
  countsTokens: boolean | undefined;
  readonly #line: Line;
  readonly #model: string;
  #facts: ServerFacts | undefined;
  #problem: string | undefined = 'it has not answered yet';

  constructor({ base, line, model }: ServerEndpointOptions) {
    this.base = base;
    this.origin = new URL(base).origin;
    this.#line = line;
    this.#model = model;
    this.circuit = new Circuit({
      share: { above: 0.5, minimumCalls: 10, windowMs: 60_000 },
      nowMs: () => line.clock.nowMs(),
    });
  }

  update({ weight = 1 }: Pick<Endpoint, 'weight'>, rank: number): void {
    this.weight = weight;
    this.rank = rank;
  }

  get facts(): ServerFacts | undefined {
    return this.#facts;
  }

  /** Why it cannot be used now; nothing is known to be wrong without one. */
  get problem(): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    const { state, reason } = this.circuit.status(this.origin);
    return state === 'open' ? (reason ?? 'it fails too often') : undefined;
  }

  /**
   * Makes sure that a model server answers here. Throws a `ServerFault` or LLM_REMOTE_KEY_REFUSED if not, and
   * the reason of an aborted `signal`.
   * A server that was away and is back need not wait for the end of its pause.
   */
  async look(signal: AbortSignal): Promise<ServerFacts> {
    try {
      const facts = await lookUpServer(this.#line, this.base, { model: this.#model, signal });
      if (this.#problem !== undefined) this.circuit.endPause();
      this.#problem = undefined;
      this.#facts = facts;
      return facts;
    } catch (error) {
      if (error instanceof ServerFault) this.#problem = error.failure.finding;
      else if (isTiercelError(error, 'LLM_REMOTE_KEY_REFUSED')) this.#problem = error.message;
      throw error;
    }
  }

  /** Name of the model to ask for. Looks at the server first if nobody has. */
  async modelName(signal: AbortSignal): Promise<string> {
    const facts = this.#facts ?? (await this.look(signal));
    const name = this.#model || facts.models[0];
    if (name === undefined)
      throw new ServerFault({ finding: 'it lists no model; set LLM_MODEL', canRepeat: false });
    return name;
  }

  /** For people who look at the node. */
  describe(): Readonly<Record<string, unknown>> {
    const { plugin: url, ...circuit } = this.circuit.status(this.origin);
    const { running, problem } = this;
    const models = this.#facts?.models.slice(0, 20);
    return { url, circuit, running, ...(models && { models }), ...(problem !== undefined && { problem }) };
  }

  /** Nobody answers there any more; who comes back may be another server. */
  forget(problem: string): void {
    this.#problem = problem;
    this.#facts = undefined;
    this.countsTokens = undefined;
  }

  /** It does not know a model that it has listed: the list is read again, unless the name is ours. */
  doubtModel(): void {
    if (this.#model === '') this.#facts = undefined;
  }

  /** It has just answered a call, whatever was found before. */
  isWell(): void {
    this.#problem = undefined;
  }
}
