import { type MakeHarness, contractTools } from './contract-stage.ts';
import type { Describe } from './describe.ts';
import { declareLifeTests, declareSilenceTests } from './source-contract-life.ts';
import { declareValueTests } from './source-contract-values.ts';

/** Configures {@link sourceContract}. */
export interface SourceContractOptions {
  /** How long the source may take for each thing that the contract waits for, in milliseconds. @default 10_000 */
  readonly withinMs?: number;
  /** Silence after which a stalled source must be stale, in milliseconds. @default 300 */
  readonly staleAfterMs?: number;
  /** Whether keys that `put` writes together arrive as one batch. @default true */
  readonly atomic?: boolean;
  /** Whether the connection can fall silent, as one over a network can. @default false */
  readonly stalls?: boolean;
}

/**
 * Declares the tests that every source owes: load, follow, refuse, fall back, recover, go stale, stop.
 *
 * @param makeHarness makes an origin that holds `values`, and a source that has not been started.
 * @example
 * sourceContract(describe, async (values) => {
 *   const source = memorySource(values);
 *   return { source, put: async (changes) => void source.update(changes), … };
 * });
 */
export function sourceContract(
  describe: Describe,
  makeHarness: MakeHarness,
  { withinMs = 10_000, staleAfterMs = 300, atomic = true, stalls = false }: SourceContractOptions = {},
): void {
  const tools = contractTools(makeHarness, withinMs);
  describe('sourceContract', (it) => {
    declareValueTests(it, tools, atomic);
    declareLifeTests(it, tools);
    if (stalls) declareSilenceTests(it, tools, staleAfterMs);
  });
}
