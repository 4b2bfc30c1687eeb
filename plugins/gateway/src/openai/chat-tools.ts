import type { ModelRequest, ModelTool } from '@tiercel/capabilities/language-model';
import { type Fields, type Findings, field, isFields, unsupported } from './findings.js';

const MAX_TOOLS = 128;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

type ToolFields = Pick<ModelRequest, 'tools' | 'toolChoice' | 'responseSchema'>;

export function parseTools(body: Fields, findings: Findings): ToolFields {
  const tools = parseList(field(body, 'tools'), findings);
  return {
    ...chooseTools(field(body, 'tool_choice'), tools, findings),
    ...parseFormat(field(body, 'response_format'), findings),
  };
}

function parseList(value: unknown, findings: Findings): readonly ModelTool[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_TOOLS) {
    findings.add('tools', `a list of at most ${MAX_TOOLS} tools`);
    return [];
  }
  const tools = value.flatMap((tool, index) => parseTool(tool, `tools[${index}]`, findings));
  if (new Set(tools.map(({ name }) => name)).size < tools.length)
    findings.add('tools', 'a list of tools with different names');
  return tools;
}

function parseTool(tool: unknown, param: string, findings: Findings): readonly ModelTool[] {
  const type = isFields(tool) ? field(tool, 'type') : undefined;
  const declared = isFields(tool) ? field(tool, 'function') : undefined;
  if (type !== 'function' || !isFields(declared)) {
    findings.add(param, 'a tool of type function');
    return [];
  }
  const name = field(declared, 'name');
  const description = field(declared, 'description') ?? '';
  const parameters = field(declared, 'parameters') ?? { type: 'object', properties: {} };
  if (typeof name !== 'string' || !NAME.test(name)) findings.add(`${param}.function.name`, 'a name');
  else if (typeof description !== 'string') findings.add(`${param}.function.description`, 'a text');
  else if (!isFields(parameters)) findings.add(`${param}.function.parameters`, 'a JSON schema');
  else return [{ name, description, parameters }];
  return [];
}

function chooseTools(choice: unknown, tools: readonly ModelTool[], findings: Findings): ToolFields {
  if (tools.length === 0) {
    if (choice !== undefined && choice !== 'none' && choice !== 'auto')
      findings.add('tool_choice', 'auto or none, where there are no tools');
    return {};
  }
  if (choice === undefined) return { tools };
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, toolChoice: choice };
  const named =
    isFields(choice) && field(choice, 'type') === 'function' ? field(choice, 'function') : undefined;
  const name = isFields(named) ? field(named, 'name') : undefined;
  const chosen = tools.filter((tool) => tool.name === name);
  if (chosen.length === 0) findings.add('tool_choice', 'auto, none, required or one of the tools');
  // One tool of several, and it must be called: the model gets to see no other.
  return { tools: chosen, toolChoice: 'required' };
}

function parseFormat(format: unknown, findings: Findings): ToolFields {
  if (format === undefined) return {};
  const type = isFields(format) ? field(format, 'type') : undefined;
  if (type === 'text') return {};
  if (type === 'json_object') return { responseSchema: { type: 'object' } };
  if (!isFields(format) || type !== 'json_schema') {
    if (typeof type === 'string')
      unsupported('response_format', 'it knows text, json_object and json_schema');
    findings.add('response_format', 'an object with a type');
    return {};
  }
  const named = field(format, 'json_schema');
  const schema = isFields(named) ? field(named, 'schema') : undefined;
  if (isFields(schema)) return { responseSchema: schema };
  findings.add('response_format.json_schema.schema', 'a JSON schema');
  return {};
}
