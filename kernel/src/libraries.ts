import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The libraries of the kernel, each loaded when it is first used. By `require`, because all are CommonJS, and an `import` of
 * such a module makes Node load a WebAssembly lexer with it: 7 MiB of resident memory that an idle node never needs.
 */
export const libraries = {
  get convict(): typeof import('convict') {
    return require('convict');
  },
  get semver(): Pick<typeof import('semver'), 'satisfies' | 'validRange'> {
    return {
      satisfies: require('semver/functions/satisfies'),
      validRange: require('semver/ranges/valid'),
    };
  },
  get tsyringe(): typeof import('tsyringe') {
    require('reflect-metadata');
    return require('tsyringe');
  },
  get yaml(): typeof import('yaml') {
    return require('yaml');
  },
};
