// `node --import` of this file: the package's own name leads to the sources, so that examples run in a checkout that was not built.
import { registerHooks } from 'node:module';

const sources: Readonly<Record<string, string>> = {
  'mpc-api': '../../src/index.ts',
  'mpc-api/providers': '../../src/providers/index.ts',
  'mpc-api/server': '../../src/serve.ts',
  'mpc-api/conformance': '../../src/library/conformance.ts',
};

registerHooks({
  resolve(specifier, context, next) {
    const source = sources[specifier];
    return source === undefined ? next(specifier, context) : next(new URL(source, import.meta.url).href, context);
  },
});
