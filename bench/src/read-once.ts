import { hostileInputs, hostileTypes } from './hostile-inputs.ts';
import { timeOf } from './time-of.ts';

/** Prints how long the first reading of this process took: `node read-once.ts <type> <input>`, both by their numbers. */
const [, , type = '', input = ''] = process.argv;
const { raw } = hostileInputs()[Number(input)]!;
console.log(timeOf(hostileTypes()[Number(type)]!, raw));
