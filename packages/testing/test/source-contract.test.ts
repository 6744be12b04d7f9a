import { describe } from '@flagz/test-runner';
import { memorySource, sourceContract } from '@flagz/testing';

sourceContract(
  describe,
  async (values) => {
    const source = memorySource(values);
    return {
      source,
      put: async (changes) => void source.update(changes),
      remove: async (key) => source.delete(key),
      interrupt: async () => source.disconnect(),
      restore: async () => source.reconnect(),
      stall: async () => source.stall(),
      resume: async () => source.resume(),
      close: async () => {},
    };
  },
  { stalls: true },
);
