import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ToolRegistry } from './tool-registry.js';

export interface OpenToolRegistry {
  readonly provider: ToolRegistry;
  close(): Promise<void> | void;
}

interface SampleCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface ToolRegistryContractOptions {
  /** A call of a tool that is allowed, which succeeds as often as it is made. */
  readonly allowed: SampleCall;
  /** A call of a tool whose policy is `ask`, which succeeds as often as it is approved. */
  readonly asking: SampleCall;
  /** Other arguments that the asking tool takes. */
  readonly otherArgs: Readonly<Record<string, unknown>>;
  /** A call of a tool that nobody may run. */
  readonly denied: SampleCall;
}

/** Rules that every door to tools keeps. Ids are made anew for each case, so a registry may serve all of them. */
export function describeToolRegistryContract(
  title: string,
  open: () => Promise<OpenToolRegistry> | OpenToolRegistry,
  { allowed, asking, otherArgs, denied }: ToolRegistryContractOptions,
): void {
  describe(`${title} as ToolRegistry`, () => {
    const opened: OpenToolRegistry[] = [];
    const openTools = async () => {
      const tools = await open();
      opened.push(tools);
      return tools.provider;
    };
    afterEach(async () => {
      for (const tools of opened.splice(0).reverse()) await tools.close();
    });

    /** The approval that this call asks for. */
    const ask = async (
      tools: ToolRegistry,
      options: { readonly caller: string; readonly turnId?: string },
    ) => {
      const refusal = await failureOf(tools.call(asking.name, asking.args, { ...options, canAsk: true }));
      expect(refusal).toMatchObject({ code: 'TOOL_APPROVAL_NEEDED', details: { id: expect.any(String) } });
      return String(refusal.details?.id);
    };

    it('lists its tools by name, with policy and limits filled in', async () => {
      const tools = await (await openTools()).list();
      const names = tools.map(({ name }) => name);

      expect(names).toEqual([...names].sort());
      expect(names).toEqual(expect.arrayContaining([allowed.name, asking.name, denied.name]));
      for (const tool of tools) {
        expect(tool).toMatchObject({
          policy: expect.stringMatching(/^(allow|ask|deny)$/),
          idempotent: expect.any(Boolean),
          limits: {
            timeoutMs: expect.any(Number),
            outputBytes: expect.any(Number),
            concurrency: expect.any(Number),
          },
        });
      }
      expect(JSON.parse(JSON.stringify(tools))).toEqual(tools);
    });

    it('runs a tool that is allowed', async () => {
      const tools = await openTools();

      const result = await tools.call(allowed.name, allowed.args);

      expect(result).toHaveProperty('content');
      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    });

    it('knows no names but those of its list', async () => {
      const tools = await openTools();

      for (const name of ['no_such_tool', '', 'constructor', '__proto__', 'then', 'toString', 'list']) {
        await expect(tools.call(name, {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
      }
    });

    it('does nothing when its signal has aborted before', async () => {
      const tools = await openTools();
      const reason = new Error('enough');

      await expect(
        tools.call(allowed.name, allowed.args, { signal: AbortSignal.abort(reason) }),
      ).rejects.toThrow('enough');
    });

    it('never runs what is forbidden', async () => {
      const tools = await openTools();

      for (const options of [{}, { canAsk: true }, { approval: randomUUID() }]) {
        await expect(tools.call(denied.name, denied.args, options)).rejects.toMatchObject({
          code: 'TOOL_DENIED',
          details: { policy: 'deny' },
        });
      }
    });

    it('refuses what needs an approval where nobody can be asked', async () => {
      const tools = await openTools();

      await expect(tools.call(asking.name, asking.args)).rejects.toMatchObject({
        code: 'TOOL_DENIED',
        details: { policy: 'ask' },
      });
    });

    it('runs a tool once for an approval', async () => {
      const tools = await openTools();
      const caller = randomUUID();
      const approval = await ask(tools, { caller });

      const result = await tools.call(asking.name, asking.args, { caller, approval });

      expect(result).toHaveProperty('content');
      await expect(tools.call(asking.name, asking.args, { caller, approval })).rejects.toMatchObject({
        code: 'TOOL_APPROVAL_INVALID',
      });
    });

    it('takes an approval only from the same caller and for the same arguments', async () => {
      const tools = await openTools();
      const caller = randomUUID();
      const forCaller = await ask(tools, { caller });
      const forArguments = await ask(tools, { caller });

      const byOther = tools.call(asking.name, asking.args, { caller: randomUUID(), approval: forCaller });
      const withOther = tools.call(asking.name, otherArgs, { caller, approval: forArguments });

      await expect(byOther).rejects.toMatchObject({ code: 'TOOL_APPROVAL_INVALID' });
      await expect(withOther).rejects.toMatchObject({ code: 'TOOL_APPROVAL_INVALID' });
    });

    it('forgets an approval that was refused, and ignores ids it does not know', async () => {
      const tools = await openTools();
      const caller = randomUUID();
      const approval = await ask(tools, { caller });

      await tools.refuse(approval, { caller });
      await tools.refuse('no such id', { caller });

      await expect(tools.call(asking.name, asking.args, { caller, approval })).rejects.toMatchObject({
        code: 'TOOL_APPROVAL_INVALID',
      });
    });

    it('refuses the third equal call of a turn', async () => {
      const tools = await openTools();
      const turnId = randomUUID();
      const call = () => tools.call(allowed.name, allowed.args, { turnId });
      await call();
      await call();

      await expect(call()).rejects.toMatchObject({ code: 'TOOL_REPEATED' });
      expect(await tools.call(allowed.name, allowed.args, { turnId: randomUUID() })).toHaveProperty(
        'content',
      );
    });

    it('counts a call and its approval as one', async () => {
      const tools = await openTools();
      const options = { caller: randomUUID(), turnId: randomUUID() };

      for (let run = 0; run < 2; run++) {
        const approval = await ask(tools, options);
        await tools.call(asking.name, asking.args, { ...options, approval });
      }

      await expect(tools.call(asking.name, asking.args, { ...options, canAsk: true })).rejects.toMatchObject({
        code: 'TOOL_REPEATED',
      });
    });

    it('refuses a call that has passed more than three nodes', async () => {
      const tools = await openTools();

      expect(await tools.call(allowed.name, allowed.args, { hops: 3 })).toHaveProperty('content');
      await expect(tools.call(allowed.name, allowed.args, { hops: 4 })).rejects.toMatchObject({
        code: 'TOOL_HOPS_EXCEEDED',
      });
    });

    it('does a call with an idempotency key once, for one caller and one call', async () => {
      const tools = await openTools();
      const options = { caller: randomUUID(), turnId: randomUUID(), idempotencyKey: randomUUID() };

      // Were it run anew, the loop guard would refuse the third one.
      const results = [];
      for (let run = 0; run < 4; run++) results.push(await tools.call(allowed.name, allowed.args, options));

      expect(results).toEqual(Array(4).fill(results[0]));
      await expect(tools.call(asking.name, asking.args, { ...options, canAsk: true })).rejects.toMatchObject({
        code: 'TOOL_KEY_REUSED',
      });
      expect(
        await tools.call(allowed.name, allowed.args, { idempotencyKey: options.idempotencyKey }),
      ).toHaveProperty('content');
    });
  });
}

interface Failure {
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    return error as Failure;
  }
  throw new Error('it did not fail');
}
