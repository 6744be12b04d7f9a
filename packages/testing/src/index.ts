export { memorySource, type MemorySource, type MemorySourceOptions } from './memory-source.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { sourceContract, type SourceContractOptions } from './source-contract.ts';
export type { MakeHarness, SourceHarness } from './contract-stage.ts';
export { type FlagTypeSamples, flagTypeContract } from './flag-type-contract.ts';
export type { Describe, It } from './describe.ts';
