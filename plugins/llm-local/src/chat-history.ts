import type { ModelMessage, ModelRequest, ModelTool } from '@tiercel/capabilities/language-model';
import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import type {
  ChatHistoryItem,
  ChatModelFunctionCall,
  ChatModelFunctions,
  ChatModelResponse,
} from 'node-llama-cpp';
import { FINAL_ANSWER } from './answer-plan.js';

/**
 * Brings messages to the shape that chat templates take: user and model in turn, calls together with their results, and
 * a model item at the end that waits for the answer.
 * @param options.tools `none`: the template knows no calls, so results are told as text
 */
export function chatHistory(
  messages: readonly ModelMessage[],
  options: { readonly tools: 'native' | 'none' },
): ChatHistoryItem[] {
  const history: ChatHistoryItem[] = [];
  const calls = new Map<string, ChatModelFunctionCall>();
  for (const message of messages) {
    switch (message.role) {
      case 'system':
        history.push({ type: 'system', text: message.text });
        break;
      case 'user':
        addUserText(history, message.text);
        break;
      case 'assistant':
        addAnswer(history, message, options.tools === 'native' ? calls : undefined);
        break;
      case 'tool': {
        const call = calls.get(message.toolCallId);
        if (call) call.result = resultValue(message.text);
        else addUserText(history, `Tool result: ${message.text}`);
        break;
      }
      default:
        message satisfies never;
    }
  }
  if (history.at(-1)?.type !== 'model') history.push({ type: 'model', response: [] });
  return history;
}

/**
 * Tools in the shape of the templates, sorted by name so that the same set always makes the same prompt. Where an answer
 * in a given form competes with them, it is one of them.
 */
export function chatFunctions(request: ModelRequest): ChatModelFunctions | undefined {
  const { tools = [], toolChoice, responseSchema } = request;
  if (toolChoice === 'none' || tools.length === 0) return undefined;
  const answer = responseSchema ? [finalAnswer(responseSchema)] : [];
  const byName = [...tools, ...answer].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(byName.map((tool) => [tool.name, chatFunction(tool)]));
}

function finalAnswer(parameters: JsonSchema): ModelTool {
  return { name: FINAL_ANSWER, description: 'Gives the answer, once no other tool is needed.', parameters };
}

function chatFunction({ description, parameters }: ModelTool): ChatModelFunctions[string] {
  // Only the template reads it, to describe the tool; the schema stays as it was declared.
  return { description, params: parameters as NonNullable<ChatModelFunctions[string]['params']> };
}

function addUserText(history: ChatHistoryItem[], text: string): void {
  const last = history.at(-1);
  // Many templates refuse two user messages in a row.
  if (last?.type === 'user') last.text += `\n\n${text}`;
  else history.push({ type: 'user', text });
}

function addAnswer(
  history: ChatHistoryItem[],
  message: Extract<ModelMessage, { role: 'assistant' }>,
  calls: Map<string, ChatModelFunctionCall> | undefined,
): void {
  const response: ChatModelResponse['response'] = message.text === '' ? [] : [message.text];
  for (const call of (calls && message.toolCalls) ?? []) {
    const item: ChatModelFunctionCall = {
      type: 'functionCall',
      name: call.name,
      params: call.args,
      result: '',
    };
    calls?.set(call.id, item);
    response.push(item);
  }
  if (response.length === 0) return;
  const last = history.at(-1);
  if (last?.type === 'model') last.response.push(...response);
  else history.push({ type: 'model', response });
}

function resultValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
