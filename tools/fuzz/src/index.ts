export { assertSafe, hostileBytes, hostileJson, hostileText } from './hostile.ts';
export { tryAll, tryAllAsync } from './try-all.ts';
