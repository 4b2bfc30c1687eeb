import { defineErrors } from '@tiercel/kernel';

/** What is wrong with the way to a model server. Errors of single calls are in the language-model contract. */
export const LlmRemoteError = defineErrors(
  'LlmRemoteError',
  {
    LLM_REMOTE_URL_INVALID: (d: { where: string; finding: string }) =>
      `The model server's address (${d.where}) cannot be used: ${d.finding}. Set LLM_URL to the address of the server, such as http://10.0.0.5:8080 or http://10.0.0.5:8080/v1.`,
    LLM_REMOTE_SERVER_UNSET: (d: { services: readonly string[] }) =>
      `Nobody says where the model server is. Set LLM_URL, or list a discovery plugin that knows ${d.services.join(', ') || 'a service'} (LLM_SERVICE).`,
    LLM_REMOTE_SETTING_INVALID: (d: { setting: string; finding: string }) =>
      `The setting "${d.setting}" of the remote model cannot be used: ${d.finding}. Correct it in the manifest or the environment.`,
    LLM_REMOTE_KEY_REFUSED: (d: { endpoint: string; status: number; isKeySet: boolean }) =>
      `Model server ${d.endpoint} answered ${d.status}. ${d.isKeySet ? 'Set LLM_API_KEY to a key that this server knows and that may use the model.' : 'Set LLM_API_KEY to a key of this server.'}`,
    LLM_REMOTE_CLOSED: (d: { plugin: string }) =>
      `The model of ${d.plugin} has been closed and takes no more calls. Ask the node for its present language model.`,
  },
  // Another provider may answer meanwhile, and callers can do nothing about a key.
  { retryable: ['LLM_REMOTE_KEY_REFUSED', 'LLM_REMOTE_CLOSED'] },
);
