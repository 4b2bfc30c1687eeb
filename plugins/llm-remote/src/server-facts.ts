import { LlmRemoteError } from './errors.js';
import { fetchDocument, type Line } from './exchange.js';
import { numberOf, objectOf, textOf } from './json.js';
import { ServerFault } from './server-failure.js';

/** What a model server tells about itself before it is asked anything. */
export interface ServerFacts {
  /** In its order; empty when it has no list. */
  readonly models: readonly string[];
  /** Prompt and answer of one call. */
  readonly contextTokens?: number | undefined;
  readonly canCallTools?: boolean | undefined;
  readonly takesSchemas?: boolean | undefined;
  /** Whether it is known to keep what it has evaluated. */
  readonly reusesPrefix?: boolean | undefined;
}

/** `owned_by` of servers that keep evaluated prefixes unless they are told otherwise. */
const keepers = new Set(['llamacpp', 'vllm', 'tiercel']);

/**
 * Looks whether a model server answers at `base`, and what it is. Throws a `ServerFault` when something else, or nobody,
 * answers, and LLM_REMOTE_KEY_REFUSED. A server without a list of models passes where the model's name is known anyway.
 */
export async function lookUpServer(
  line: Line,
  base: string,
  { model, signal }: { readonly model: string; readonly signal: AbortSignal },
): Promise<ServerFacts> {
  const { status, body } = await fetchDocument(line, { url: `${base}/models` }, signal);
  if ((status === 404 || status === 405) && model !== '') return { models: [] };
  if (status === 401 || status === 403) {
    const { origin: endpoint } = new URL(base);
    throw new LlmRemoteError('LLM_REMOTE_KEY_REFUSED', { endpoint, status, isKeySet: line.apiKey !== '' });
  }
  if (status !== 200)
    throw new ServerFault({ finding: `it answers ${status} at /models`, canRepeat: status >= 500 });
  const list = objectOf(body)['data'];
  if (!Array.isArray(list))
    throw new ServerFault({ finding: 'it is no model server: /models has no list', canRepeat: false });
  const entries = list.map(objectOf).filter(({ id }) => textOf(id) !== '');
  const entry = objectOf(entries.find(({ id }) => id === model) ?? entries[0]);
  const facts: ServerFacts = {
    models: entries.map(({ id }) => textOf(id)),
    // vLLM, OpenRouter.
    contextTokens: positive(entry['max_model_len']) ?? positive(entry['context_length']),
    ...(keepers.has(textOf(entry['owned_by'])) && { reusesPrefix: true }),
    ...tiercelFacts(entry['tiercel']),
  };
  return entry['owned_by'] === 'llamacpp'
    ? { ...facts, ...(await lookUpLlamaCpp(line, base, signal)) }
    : facts;
}

/** llama-server tells more at `/props`; a server that does not is fine all the same. */
async function lookUpLlamaCpp(line: Line, base: string, signal: AbortSignal): Promise<Partial<ServerFacts>> {
  try {
    const { body } = await fetchDocument(line, { url: base.replace(/\/v1$/, '/props') }, signal);
    const props = objectOf(body);
    // Of one slot, unlike what the model was trained for.
    const contextTokens = positive(objectOf(props['default_generation_settings'])['n_ctx']);
    const canCallTools = objectOf(props['chat_template_caps'])['supports_tools'];
    return {
      ...(contextTokens !== undefined && { contextTokens }),
      ...(typeof canCallTools === 'boolean' && { canCallTools }),
    };
  } catch (error) {
    if (error instanceof ServerFault) return {};
    throw error;
  }
}

/** What another node of ours tells about a model beside what OpenAI has a place for. */
function tiercelFacts(value: unknown): Partial<ServerFacts> {
  const { tools, responseSchema, reusesPrefix } = objectOf(value);
  return {
    ...(typeof tools === 'string' && { canCallTools: tools !== 'none' }),
    ...(typeof responseSchema === 'string' && { takesSchemas: responseSchema !== 'none' }),
    ...(typeof reusesPrefix === 'boolean' && { reusesPrefix }),
  };
}

function positive(value: unknown): number | undefined {
  return numberOf(value) || undefined;
}
