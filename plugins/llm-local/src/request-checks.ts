import {
  checkModelRequest,
  type LanguageModelFeatures,
  type ModelRequest,
} from '@tiercel/capabilities/language-model';

/** Throws LANGUAGE_MODEL_REQUEST_INVALID with everything that is wrong about a request, without quoting it. */
export function checkRequest(request: ModelRequest, features: Pick<LanguageModelFeatures, 'tools'>): void {
  const isAnswered = request.messages.at(-1)?.role === 'assistant';
  checkModelRequest(request, features, isAnswered ? ['the last message is from the assistant'] : []);
}
