import type { PluginDeclaration } from '@tiercel/kernel';

const secretName = /(?:KEYS?|TOKENS?|SECRETS?|PASSWORDS?)(?:_FILE)?$/i;
const leastPoolSize = 8;

/**
 * The environment of a child: that of this process without what is secret by declaration or by name. A plugin gets its
 * configuration from the kernel, so it misses nothing.
 */
export function childEnvironment(
  environment: NodeJS.ProcessEnv,
  declarations: readonly Pick<PluginDeclaration, 'config'>[],
): NodeJS.ProcessEnv {
  const secret = new Set(
    declarations.flatMap(({ config }) =>
      Object.values(config)
        .filter(({ sensitive }) => sensitive)
        .flatMap(({ env, aliases = [] }) => (env === undefined ? aliases : [env, ...aliases]))
        .flatMap((name) => [name, `${name}_FILE`]),
    ),
  );
  const open = Object.entries(environment).filter(([name]) => !secret.has(name) && !secretName.test(name));
  const poolSize = Number(environment['UV_THREADPOOL_SIZE']);
  return {
    ...Object.fromEntries(open),
    UV_THREADPOOL_SIZE: String(poolSize > leastPoolSize ? poolSize : leastPoolSize),
  };
}

/** Options of this process that belong to it alone: its debugger, its tests, its inline script. */
const ownOption =
  /^(?:--inspect|--debug|--test|--watch|--input-type|--experimental-vm-modules|--cpu-prof|--heap-prof)/;
const inlineScript = /^(?:-e|--eval|-p|--print|-pe)$/;

/** The options of Node that a child inherits, such as loaders and memory limits. */
export function childExecArgv(execArgv: readonly string[]): string[] {
  return execArgv.filter((option, index) => {
    const isScript = inlineScript.test(execArgv[index - 1] ?? '');
    return !isScript && !ownOption.test(option) && !inlineScript.test(option);
  });
}
