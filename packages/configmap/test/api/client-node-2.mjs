// Puts version 2 of client-node in the place of version 1, for tests on a Node that can load it:
// NODE_OPTIONS=--import=./test/api/client-node-2.mjs
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier === '@kubernetes/client-node' ? '@kubernetes/client-node-2' : specifier, context);
  },
});
