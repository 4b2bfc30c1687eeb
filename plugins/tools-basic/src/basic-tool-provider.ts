import type { Clock } from '@tiercel/capabilities/clock';
import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolPolicy,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import type { Calculator } from './calculator.js';
import { describeTools } from './descriptors.js';
import { findLanguage, type Language, type ToolName } from './languages/index.js';
import { sayDuration, sayNumber } from './say.js';
import { type RunningTimer, Timers } from './timers.js';
import { convertUnits, isUnitName, type UnitName } from './units.js';

type Args = Readonly<Record<string, unknown>>;
type Run = (args: Args, language: Language) => Promise<ToolResult> | ToolResult;

export interface BasicTools {
  readonly clock: Clock;
  readonly calculator: Calculator;
  readonly timers: Timers;
  readonly policy: ToolPolicy;
}

/** Clock, date, calculator, units and timers as tools. */
export class BasicToolProvider implements ToolProvider {
  readonly #clock: Clock;
  readonly #calculator: Calculator;
  readonly #timers: Timers;
  readonly #tools: readonly ToolDescriptor[];
  readonly #runs: ReadonlyMap<string, Run>;

  constructor({ clock, calculator, timers, policy }: BasicTools) {
    this.#clock = clock;
    this.#calculator = calculator;
    this.#timers = timers;
    this.#tools = describeTools(policy);
    const runs: Readonly<Record<ToolName, Run>> = {
      get_time: (_, language) => this.#getTime(language),
      get_date: (_, language) => this.#getDate(language),
      calculate: (args, language) => this.#calculate(args, language),
      convert_units: (args, language) => this.#convertUnits(args, language),
      set_timer: (args, language) => this.#setTimer(args, language),
      list_timers: (_, language) => this.#listTimers(language),
      cancel_timer: (args, language) => this.#cancelTimer(args, language),
    };
    this.#runs = new Map(Object.entries(runs));
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    return this.#tools;
  }

  async call(name: string, args: Args, { language, signal }: ToolCallOptions = {}): Promise<ToolResult> {
    signal?.throwIfAborted();
    const run = this.#runs.get(name);
    if (!run) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    return run(args, findLanguage(language));
  }

  #getTime(language: Language): ToolResult {
    const epochMs = this.#clock.epochMs();
    const timeZone = this.#clock.timeZone();
    const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone }).format(epochMs);
    return { content: { time, timeZone }, spoken: language.time(epochMs, timeZone) };
  }

  #getDate(language: Language): ToolResult {
    const epochMs = this.#clock.epochMs();
    const timeZone = this.#clock.timeZone();
    // Swedish writes dates as ISO 8601 does.
    const date = new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeZone }).format(epochMs);
    const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone }).format(epochMs);
    return { content: { date, weekday, timeZone }, spoken: language.date(epochMs, timeZone) };
  }

  #calculate({ expression }: Args, language: Language): ToolResult {
    const result = this.#calculator.evaluate(String(expression));
    return { content: { result }, spoken: language.result(sayNumber(result, language)) };
  }

  #convertUnits({ value, from, to }: Args, language: Language): ToolResult {
    if (!isUnitName(from) || !isUnitName(to))
      throw failure('convert_units', 'one of the units is not known here.');
    const amount = Number(value);
    const result = convertUnits(amount, from, to);
    if (result === undefined) throw failure('convert_units', `${from} and ${to} measure different things.`);
    if (!Number.isFinite(result)) throw failure('convert_units', 'the result is too large.');
    return {
      content: { value: amount, from, result, to },
      spoken: language.converted(
        sayNumber(amount, language),
        sayUnit(amount, from, language),
        sayNumber(result, language, 5),
        sayUnit(result, to, language),
      ),
    };
  }

  async #setTimer({ seconds, name }: Args, language: Language): Promise<ToolResult> {
    const length = Number(seconds);
    const called = typeof name === 'string' ? name : undefined;
    const timer = await this.#timers.start(length, called, language.tag);
    if (!timer) throw failure('set_timer', `${Timers.capacity} timers run already. Cancel one first.`);
    return {
      content: { timer: timer.id, seconds: length },
      spoken: language.timerSet(sayDuration(length, language), timer.name),
    };
  }

  async #listTimers(language: Language): Promise<ToolResult> {
    const timers = (await this.#timers.list()).map(({ id, name, node, leftMs }) => ({
      ...{ id, name, node, leftSeconds: Math.ceil(leftMs / 1_000) },
    }));
    return {
      content: {
        timers: timers.map(({ id, name, node, leftSeconds }) => ({
          timer: id,
          ...(name !== undefined && { name }),
          ...(node !== undefined && { node }),
          leftSeconds,
        })),
      },
      spoken: language.timersLeft(
        timers.map(({ name, node, leftSeconds }) => ({
          name,
          left: sayDuration(leftSeconds, language),
          place: node?.replaceAll(/[-_]/g, ' '),
        })),
      ),
    };
  }

  async #cancelTimer({ name, all }: Args, language: Language): Promise<ToolResult> {
    const timers = await this.#timers.list();
    const chosen = chooseTimers(timers, typeof name === 'string' ? plainName(name) : undefined);
    if (chosen.length > 1 && all !== true) {
      return {
        content: { cancelled: 0, running: timers.length },
        spoken: language.whichTimer(chosen.length),
      };
    }
    await this.#timers.cancel(chosen).catch((cause: unknown) => {
      throw failure('cancel_timer', 'the timer of another node cannot be reached now.', { cause });
    });
    return {
      content: { cancelled: chosen.length, running: timers.length - chosen.length },
      spoken: language.timersCancelled(chosen.length),
    };
  }
}

/** Those of this node are meant, unless somebody names one that only runs elsewhere. */
function chooseTimers(timers: readonly RunningTimer[], wanted: string | undefined): readonly RunningTimer[] {
  const own = timers.filter(({ node }) => node === undefined);
  if (wanted === undefined) return own;
  const isWanted = ({ name }: RunningTimer) => plainName(name ?? '') === wanted;
  const ownWanted = own.filter(isWanted);
  return ownWanted.length > 0 ? ownWanted : timers.filter(isWanted);
}

function sayUnit(amount: number, unit: UnitName, language: Language): string {
  const [one, many] = language.units[unit];
  return Math.abs(amount) === 1 ? one : many;
}

function plainName(name: string): string {
  return name.trim().toLowerCase();
}

function failure(tool: ToolName, finding: string, options?: ErrorOptions): Error {
  return new ToolError('TOOL_FAILED', { tool, finding }, options);
}
