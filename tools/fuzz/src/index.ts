export { assertNoFault, watched } from './faults.ts';
export { assertSafe, hostileBytes, hostileJson, hostileText } from './hostile.ts';
export { SEED, tryAll, tryAllAsync } from './try-all.ts';
