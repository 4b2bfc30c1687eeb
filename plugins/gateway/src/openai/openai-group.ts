import { jsonBody } from '../http/json-body.js';
import { refuseOthers } from '../http/refuse-others.js';
import { contextOf } from '../http/request-context.js';
import type { RouteGroup } from '../http/route-group.js';
import { ChatCompletions, type ChatCompletionsOptions } from './chat-completions.js';
import type { ChatModel } from './chat-model.js';
import { renderOpenAiFailure } from './openai-failure.js';

const MAX_BODY_BYTES = 1024 * 1024;

/** The endpoints of OpenAI that this server has; everything else below `/v1` is answered with their 404. */
export function createOpenAiGroup(options: ChatCompletionsOptions): RouteGroup {
  const { models, clock } = options;
  const created = Math.floor(clock.epochMs() / 1_000);
  /** As OpenAI has it, with what other nodes want to know: the context as OpenRouter tells it, the rest under our name. */
  const describe = ({ id, features }: ChatModel) => ({
    id,
    object: 'model',
    created,
    owned_by: 'tiercel',
    ...(features && {
      context_length: features.contextTokens,
      tiercel: {
        tools: features.tools,
        responseSchema: features.responseSchema,
        reusesPrefix: features.reusesPrefix,
      },
    }),
  });
  const chat = new ChatCompletions(options);
  const json = jsonBody(MAX_BODY_BYTES);
  return {
    name: 'openai',
    paths: ['/v1'],
    render: renderOpenAiFailure,
    mount(router) {
      router.get('/v1/models', (request, response) => {
        const data = models.list(contextOf(request).caller).map(describe);
        response.json({ object: 'list', data });
      });
      router.get('/v1/models/*id', (request, response) => {
        // Ids may have slashes of their own, but none at the end.
        const path = request.params.id.filter((part) => part !== '').join('/');
        response.json(describe(models.find(path, contextOf(request).caller)));
      });
      router.post('/v1/chat/completions', json, (request, response) => chat.answer(request, response));
      router.post('/v1/chat/completions/input_tokens', json, (request, response) =>
        chat.countTokens(request, response),
      );
      refuseOthers(router, ['GET'], ['/v1/models', '/v1/models/*id']);
      refuseOthers(router, ['POST'], ['/v1/chat/completions', '/v1/chat/completions/input_tokens']);
    },
  };
}
