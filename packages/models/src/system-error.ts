/** The code of an error of Node's file system or network, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error || isErrorOfOtherRealm(error) ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}

// Test runners evaluate modules in a realm of their own, where Node's errors are no instances of `Error`.
function isErrorOfOtherRealm(error: unknown): error is object {
  return Object.prototype.toString.call(error) === '[object Error]';
}
