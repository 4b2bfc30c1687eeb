import { randomUUID } from 'node:crypto';
import type { ModelToolCall } from '@tiercel/capabilities/language-model';
import type { ToolDelta } from './chat-chunk.js';
import { objectOf, parseJson } from './json.js';
import { MAX_TOOL_CALLS } from './limits.js';
import { ServerFault } from './server-failure.js';

interface GrowingCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  args: string;
}

/** Puts tool calls together from their pieces, whatever each server leaves out. */
export class ToolCallMerger {
  readonly #calls: GrowingCall[] = [];

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Throws a `ServerFault` for more calls than anybody could mean. */
  push(delta: ToolDelta): void {
    const call = this.#find(delta) ?? this.#begin(delta);
    call.id ||= delta.id;
    call.name ||= delta.name;
    call.args += delta.args;
  }

  /** All calls, each with an id of its own. Arguments that are no JSON object make a call `isInvalid`. */
  calls(): readonly ModelToolCall[] {
    const ids = new Set<string>();
    return this.#calls.map(({ id, name, args }) => {
      const own = id === '' || ids.has(id) ? `call_${randomUUID()}` : id;
      ids.add(own);
      const text = args.trim();
      // A tool without parameters often gets no arguments at all.
      const parsed = text === '' ? {} : parseJson(text);
      const isInvalid = name === '' || typeof parsed !== 'object' || parsed === null || Array.isArray(parsed);
      return { id: own, name, args: isInvalid ? {} : objectOf(parsed), ...(isInvalid && { isInvalid }) };
    });
  }

  /** By its index, else by its id, else the latest. */
  #find({ index, id, name }: ToolDelta): GrowingCall | undefined {
    if (index !== undefined) {
      // Some servers give each of several calls the index 0, whole and with an id of its own.
      const isAnother = (call: GrowingCall) =>
        id !== '' && call.id !== '' && call.id !== id && name !== '' && call.name !== '';
      return this.#calls.findLast((call) => call.index === index && !isAnother(call));
    }
    if (id !== '') return this.#calls.find((call) => call.id === id);
    const latest = this.#calls.at(-1);
    // Without index and id, only a second name tells that another call begins.
    return name !== '' && latest !== undefined && latest.name !== '' ? undefined : latest;
  }

  #begin({ index }: ToolDelta): GrowingCall {
    if (this.#calls.length >= MAX_TOOL_CALLS) {
      const finding = `its answer has more than ${MAX_TOOL_CALLS} tool calls`;
      throw new ServerFault({ finding, canRepeat: false });
    }
    const call: GrowingCall = { index, id: '', name: '', args: '' };
    this.#calls.push(call);
    return call;
  }
}
