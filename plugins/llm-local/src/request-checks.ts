import { LanguageModelError, type ModelRequest } from '@tiercel/capabilities/language-model';

const TOOL_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** Throws LANGUAGE_MODEL_REQUEST_INVALID with everything that is wrong about a request, without quoting it. */
export function checkRequest(request: ModelRequest, features: { readonly tools: 'native' | 'none' }): void {
  const findings = [
    ...messageFindings(request),
    ...toolFindings(request, features),
    ...numberFindings(request),
  ];
  if (findings.length > 0) throw new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings });
}

function messageFindings({ messages }: ModelRequest): readonly string[] {
  const findings: string[] = [];
  if (messages.length === 0) findings.push('messages is empty');
  messages.forEach((message, index) => {
    if (message.role === 'system' && index > 0)
      findings.push(`messages[${index}] is a system message and not the first`);
    if (typeof message.text !== 'string') findings.push(`messages[${index}].text is not a text`);
  });
  const last = messages.at(-1);
  if (last?.role === 'assistant') findings.push('the last message is from the assistant');
  return findings;
}

function toolFindings(
  request: ModelRequest,
  features: { readonly tools: 'native' | 'none' },
): readonly string[] {
  const { tools = [], toolChoice = 'auto' } = request;
  const findings: string[] = [];
  if (tools.length > 0 && toolChoice !== 'none' && features.tools === 'none') {
    findings.push('tools are given and this model cannot call any');
  }
  if (toolChoice === 'required' && tools.length === 0)
    findings.push('toolChoice is "required" and tools is empty');
  if (request.responseSchema && toolChoice === 'required') {
    findings.push('responseSchema and toolChoice "required" contradict each other');
  }
  for (const { name } of tools) {
    if (!TOOL_NAME.test(name)) findings.push('a tool name is not lower case letters, digits and underscores');
  }
  if (new Set(tools.map(({ name }) => name)).size < tools.length)
    findings.push('two tools have the same name');
  return findings;
}

function numberFindings({ maxTokens, temperature, topP, seed }: ModelRequest): readonly string[] {
  const findings: string[] = [];
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens > 0)) {
    findings.push('maxTokens is not a whole number above 0');
  }
  if (temperature !== undefined && !(temperature >= 0 && temperature <= 2))
    findings.push('temperature is not in 0 … 2');
  if (topP !== undefined && !(topP > 0 && topP <= 1)) findings.push('topP is not in 0 … 1');
  if (seed !== undefined && !Number.isInteger(seed)) findings.push('seed is not a whole number');
  return findings;
}
