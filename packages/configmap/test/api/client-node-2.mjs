// Puts version 2 of client-node in the place of version 1, for tests on a Node that can load it:
// NODE_OPTIONS=--import=./test/api/client-node-2.mjs FLAGZ_CLIENT_NODE=2
import { registerHooks } from 'node:module';

// Only this package depends on version 2; the test bed asks for its own version 1.
const parentURL = import.meta.url;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== '@kubernetes/client-node') return next(specifier, context);
    return next('@kubernetes/client-node-2', { ...context, parentURL });
  },
});
