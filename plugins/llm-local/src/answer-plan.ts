import type { ModelRequest } from '@tiercel/capabilities/language-model';
import {
  type AnswerCheck,
  answerCheck,
  choiceSchema,
  type GrammarSchema,
  grammarSchema,
} from './response-schema.js';
import { parseObject } from './tool-call-parser.js';

/** Name of the tool that is the answer itself, beside the others; its hyphen keeps it apart from every tool name. */
export const FINAL_ANSWER = 'final-answer';

/** What kind of answer a request asks for, decided before any work. */
export type AnswerPlan =
  | { readonly kind: 'text' }
  /** Text, in which the model may call tools in the syntax of its template. */
  | { readonly kind: 'text-or-calls' }
  /** One JSON value, held to `grammar` while it is written and checked with `check` afterwards. */
  | { readonly kind: 'json'; readonly grammar: GrammarSchema; readonly check: AnswerCheck }
  /** `{ name, arguments }`: one of the tools, or `final-answer` with the value that was asked for. */
  | { readonly kind: 'choice'; readonly grammar: GrammarSchema; readonly check: AnswerCheck | undefined };

/** Throws LANGUAGE_MODEL_SCHEMA_UNSUPPORTED for a schema that no grammar can hold the model to. */
export async function answerPlan(request: ModelRequest): Promise<AnswerPlan> {
  const { responseSchema, toolChoice = 'auto' } = request;
  const tools = toolChoice === 'none' ? [] : (request.tools ?? []);
  if (!responseSchema && tools.length === 0) return { kind: 'text' };
  if (!responseSchema && toolChoice === 'auto') return { kind: 'text-or-calls' };
  const check = responseSchema ? await answerCheck(responseSchema) : undefined;
  if (responseSchema && check && tools.length === 0) {
    return { kind: 'json', grammar: grammarSchema(responseSchema), check };
  }
  const choices = new Map(
    tools.map(({ name, parameters }) => [name, grammarSchema(parameters, { isLoose: true })]),
  );
  if (responseSchema) choices.set(FINAL_ANSWER, grammarSchema(responseSchema));
  return { kind: 'choice', grammar: choiceSchema(choices), check };
}

/** What is wrong with a JSON answer. */
export function answerFindings(text: string, check: AnswerCheck): readonly string[] {
  try {
    return check(JSON.parse(text));
  } catch {
    return ['it is not JSON'];
  }
}

/** What is wrong with a choice. Arguments of tools are left to whoever runs the tool. */
export function choiceFindings(text: string, check: AnswerCheck | undefined): readonly string[] {
  const choice = parseObject(text);
  if (typeof choice?.['name'] !== 'string') return ['/name is missing'];
  return (choice['name'] === FINAL_ANSWER && check?.(choice['arguments'])) || [];
}
