import { ToolError } from '@tiercel/capabilities/tool-provider';
import type { FactoryFunctionMap, MathNode } from 'mathjs';

const MAX_CHARACTERS = 200;
const MAX_NODES = 100;

const functionNames = [
  'abs',
  'cbrt',
  'ceil',
  'cos',
  'exp',
  'floor',
  'gcd',
  'lcm',
  'log',
  'log10',
  'log2',
  'max',
  'min',
  'mod',
  'round',
  'sin',
  'sqrt',
  'tan',
] as const;
const operatorNames = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'pow',
  'mod',
  'factorial',
  'unaryMinus',
  'unaryPlus',
] as const;
const constantNames = ['pi', 'e', 'tau'] as const;

const functions: ReadonlySet<string> = new Set(functionNames);
const operators: ReadonlySet<string> = new Set(operatorNames);
const constants: ReadonlySet<string> = new Set(constantNames);

/** Evaluates arithmetic. It knows numbers, operators and a few functions, and nothing else of the language behind it. */
export interface Calculator {
  /** Throws `TOOL_FAILED` with what is wrong, never with the expression itself. */
  evaluate(expression: string): number;
}

/** Loads mathjs; takes about half a second the first time. */
export async function createCalculator(): Promise<Calculator> {
  // The number-only build: without big numbers and matrices no expression can take long or grow large.
  const mathjs = await import('mathjs/number');
  // A factory that this build should lack would show as an operator or function that is missing.
  const factories = mathjs as unknown as Readonly<Record<string, FactoryFunctionMap | undefined>>;
  const names = ['parse', ...operatorNames, ...functionNames, ...constantNames].map(
    (name) => `${name}Dependencies`,
  );
  const { parse } = mathjs.create(
    Object.fromEntries(names.map((name) => [name, factories[name]])) as FactoryFunctionMap,
  );

  return {
    evaluate: (expression) => {
      if (expression.length > MAX_CHARACTERS)
        throw failure(`it is longer than ${MAX_CHARACTERS} characters.`);
      let tree: MathNode;
      try {
        tree = parse(plainSigns(expression));
      } catch (cause) {
        throw failure('it is not arithmetic. Use numbers, + - * / ^ and brackets.', cause);
      }
      checkTree(tree);
      let value: unknown;
      try {
        value = tree.compile().evaluate(new Map());
      } catch (cause) {
        throw failure('it cannot be worked out.', cause);
      }
      return checkValue(value);
    },
  };
}

function plainSigns(expression: string): string {
  return expression.replaceAll('×', '*').replaceAll('÷', '/').replaceAll('−', '-').replaceAll('**', '^');
}

/** Lets only arithmetic pass: no names, assignments, functions of its own, lists, ranges, texts or comparisons. */
function checkTree(tree: MathNode): void {
  let nodes = 0;
  tree.traverse((node, path, parent) => {
    nodes += 1;
    if (nodes > MAX_NODES) throw failure(`it has more than ${MAX_NODES} parts.`);
    if (!isArithmetic(node, path, parent)) {
      throw failure(`it is more than arithmetic. Use numbers, + - * / ^ ! and ${functionNames.join(', ')}.`);
    }
  });
}

function isArithmetic(node: MathNode, path: string, parent: MathNode | null): boolean {
  const { type, fn, name, value } = node as MathNode & Readonly<Record<'fn' | 'name' | 'value', unknown>>;
  switch (type) {
    case 'ConstantNode':
      return typeof value === 'number';
    case 'ParenthesisNode':
      return true;
    case 'OperatorNode':
      return operators.has(String(fn));
    case 'FunctionNode':
      return (fn as MathNode).type === 'SymbolNode' && functions.has(String(name));
    case 'SymbolNode':
      return constants.has(String(name)) || (parent?.type === 'FunctionNode' && path === 'fn');
    default:
      return false;
  }
}

function checkValue(value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw failure('it has no real number as a result.');
  if (!Number.isFinite(value)) throw failure('its result is too large, or it divides by zero.');
  // Fourteen digits hide what binary fractions add: 0.1 + 0.2 is 0.3.
  return Number(value.toPrecision(14));
}

function failure(finding: string, cause?: unknown): Error {
  return new ToolError('TOOL_FAILED', { tool: 'calculate', finding }, { cause });
}
