import type { JsonSchema } from '@tiercel/capabilities/tool-provider';

const REDACTED = '[redacted]';
const MAX_CHARACTERS = 200;
const MAX_MEMBERS = 50;
const MAX_SCHEMAS = 100;
const MAX_DEPTH = 8;
const MAX_TOTAL_CHARACTERS = 8_192;

const secretName =
  /pass(?:word|phrase|wd)|secret|token|api_?key|private_?key|access_?key|credential|auth(?:orization)?$|cookie|session|signature|^(?:pin|otp|tan|cvc|cvv|iban|ssn)$/i;

const secretValues = [
  /\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/i,
  /-----BEGIN [A-Z ]+-----/,
  /\beyJ[\w-]{5,}\.[\w-]{5,}/,
  /\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|hf|AKIA|AIza)[-_]?[A-Za-z0-9_-]{12,}/,
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s@]+:[^/\s@]+@/i,
  /[?&](?:key|token|secret|sig|signature|password|access_token|api_key)=/i,
  // Long, without spaces, of letters and digits: made by a machine.
  /^(?=\S*\d)(?=\S*[A-Za-z])[\w+/=-]{32,}$/,
];

/**
 * Arguments as they may be written down: without what their schema marks (`writeOnly`, `format: password`) and what looks
 * like a secret by its name or form, long values cut.
 */
export function redact(args: unknown, schema: JsonSchema): unknown {
  const redacted = redactNode(args, expand([schema], schema), schema, MAX_DEPTH);
  const characters = JSON.stringify(redacted).length;
  return characters > MAX_TOTAL_CHARACTERS ? `[${characters} characters]` : redacted;
}

/** @param schemas all that the value has to fit, or may */
function redactNode(value: unknown, schemas: readonly unknown[], root: JsonSchema, levels: number): unknown {
  if (schemas.some(isMarked)) return REDACTED;
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return '[deeper]';
  const below = (name: string) =>
    expand(
      schemas.flatMap((schema) =>
        Array.isArray(value)
          ? [member(schema, 'items'), member(member(schema, 'prefixItems'), name)]
          : [member(member(schema, 'properties'), name), member(schema, 'additionalProperties')],
      ),
      root,
    );
  const entries = Object.entries(value)
    .slice(0, MAX_MEMBERS)
    .map(([name, item]): [string, unknown] => {
      const isHidden = !Array.isArray(value) && isSecretName(name);
      return [
        name.slice(0, MAX_CHARACTERS),
        isHidden ? REDACTED : redactNode(item, below(name), root, levels - 1),
      ];
    });
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

/** The schemas and those that they refer to, at most 100. */
function expand(schemas: readonly unknown[], root: JsonSchema): readonly unknown[] {
  const found = new Set<unknown>();
  const visit = (schema: unknown) => {
    if (typeof schema !== 'object' || schema === null || found.has(schema) || found.size >= MAX_SCHEMAS)
      return;
    found.add(schema);
    visit(resolve(member(schema, '$ref'), root));
    for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
      const branches = member(schema, keyword);
      if (Array.isArray(branches)) branches.forEach(visit);
    }
    for (const keyword of ['if', 'then', 'else']) visit(member(schema, keyword));
  };
  schemas.forEach(visit);
  return [...found];
}

/** What `#/$defs/name` and the like mean. */
function resolve(reference: unknown, root: JsonSchema): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  const steps = reference.slice(1).split('/').slice(1);
  return steps.reduce<unknown>(
    (node, step) => member(node, step.replaceAll('~1', '/').replaceAll('~0', '~')),
    root,
  );
}

function redactText(text: string): string {
  if (secretValues.some((form) => form.test(text.slice(0, 4_096)))) return REDACTED;
  return text.length > MAX_CHARACTERS
    ? `${text.slice(0, MAX_CHARACTERS)}… (${text.length} characters)`
    : text;
}

function isSecretName(name: string): boolean {
  return secretName.test(name.replace(/[-\s.]/g, '_'));
}

function isMarked(schema: unknown): boolean {
  return member(schema, 'writeOnly') === true || member(schema, 'format') === 'password';
}

function member(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined;
  return Reflect.get(node, name);
}
