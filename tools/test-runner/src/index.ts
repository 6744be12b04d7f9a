export { describe } from './describe.ts';
export type { DescribeOptions, It, TestBody } from './describe.ts';
export { rejects, throws } from './rejects.ts';
export type { ErrorMatcher } from './rejects.ts';
export * as assert from 'uvu/assert';
