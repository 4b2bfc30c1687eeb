import { LanguageModelError } from './errors.js';
import type { LanguageModelFeatures, ModelRequest } from './language-model.js';

type ToolFeatures = Pick<LanguageModelFeatures, 'tools'>;

const toolName = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Throws `LANGUAGE_MODEL_REQUEST_INVALID` with everything that is wrong about a request, without quoting it. `ownFindings` are
 * what this model refuses beyond what every model does.
 */
export function checkModelRequest(
  request: ModelRequest,
  features: ToolFeatures,
  ownFindings: readonly string[] = [],
): void {
  const findings = [
    ...messageFindings(request),
    ...toolFindings(request, features),
    ...numberFindings(request),
    ...ownFindings,
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
  return findings;
}

function toolFindings(
  { tools = [], toolChoice = 'auto', responseSchema }: ModelRequest,
  features: ToolFeatures,
): readonly string[] {
  const findings: string[] = [];
  if (tools.length > 0 && toolChoice !== 'none' && features.tools === 'none')
    findings.push('tools are given and this model cannot call any');
  if (toolChoice === 'required' && tools.length === 0)
    findings.push('toolChoice is "required" and tools is empty');
  if (responseSchema && toolChoice === 'required')
    findings.push('responseSchema and toolChoice "required" contradict each other');
  if (tools.some(({ name }) => !toolName.test(name)))
    findings.push('a tool name is not lower case letters, digits and underscores');
  if (new Set(tools.map(({ name }) => name)).size < tools.length)
    findings.push('two tools have the same name');
  return findings;
}

function numberFindings({ maxTokens, temperature, topP, seed }: ModelRequest): readonly string[] {
  const findings: string[] = [];
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens > 0))
    findings.push('maxTokens is not a whole number above 0');
  if (temperature !== undefined && !(temperature >= 0 && temperature <= 2))
    findings.push('temperature is not in 0 … 2');
  if (topP !== undefined && !(topP > 0 && topP <= 1)) findings.push('topP is not in 0 … 1');
  if (seed !== undefined && !Number.isInteger(seed)) findings.push('seed is not a whole number');
  return findings;
}
