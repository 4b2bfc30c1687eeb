/**
 * Engines decode in Node's thread pool, next to file access; its usual 4 threads would make them wait for each other. The
 * pool takes its size at its first use, and loading an ES module is one: hence CommonJS, and hence before any import.
 */
process.env.UV_THREADPOOL_SIZE ??= '8';

/** How long threads of native libraries may keep a process that has nothing more to do. */
const LINGER_MS = 1000;

exports.run = async (load) => {
  let main;
  try {
    ({ main } = await load());
  } catch (error) {
    const isUnbuilt = error.code === 'ERR_MODULE_NOT_FOUND' && String(error.message).includes('dist');
    const fix = 'Tiercel has not been built yet. Run "npm run build" in its folder.';
    console.error(isUnbuilt ? `error CLI_NOT_BUILT: ${fix}` : error);
    process.exitCode = 1;
    return;
  }
  process.exitCode = await main(process.argv.slice(2));
  setTimeout(() => process.exit(), LINGER_MS).unref();
};
