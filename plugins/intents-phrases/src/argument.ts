import type { SlotSource, ToolDescriptor } from '@tiercel/capabilities/tool-provider';

/** What the phrases need to know about one argument of a tool. */
export interface Argument {
  readonly name: string;
  readonly source: SlotSource | undefined;
  /** Values from the schema, as JSON has them. */
  readonly values: readonly unknown[];
  readonly isInteger: boolean;
  readonly isRequired: boolean;
  readonly maxLength: number;
  /** Turns text from a template into the value that the schema wants; `undefined` if it cannot be one. */
  convert(text: string): unknown;
}

type Schema = Readonly<Record<string, unknown>>;

export function readArguments({
  parameters: schema,
  slots = {},
}: ToolDescriptor): ReadonlyMap<string, Argument> {
  // Declarations may come from other machines, and the registry that checks them is not in the way here.
  const parameters: Schema = isSchema(schema) ? schema : {};
  const properties = isSchema(parameters.properties) ? parameters.properties : {};
  const required = Array.isArray(parameters.required) ? parameters.required : [];
  return new Map(
    Object.entries(properties).map(([name, property]) => {
      const schema = isSchema(property) ? property : {};
      return [
        name,
        readArgument(
          name,
          schema,
          Object.hasOwn(slots, name) ? slots[name] : undefined,
          required.includes(name),
        ),
      ];
    }),
  );
}

function readArgument(
  name: string,
  schema: Schema,
  source: SlotSource | undefined,
  isRequired: boolean,
): Argument {
  const values = Array.isArray(schema.enum) ? schema.enum : [];
  return {
    name,
    source,
    values,
    isInteger: schema.type === 'integer',
    isRequired,
    maxLength: typeof schema.maxLength === 'number' ? schema.maxLength : Number.POSITIVE_INFINITY,
    convert: (text) => {
      const value = convert(text, schema.type);
      return value === undefined || values.length === 0 || values.includes(value) ? value : undefined;
    },
  };
}

function convert(text: string, type: unknown): unknown {
  switch (type) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : undefined;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
    default:
      return text;
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
