import { hostileInputs } from './hostile-inputs.ts';
import { hostileReaders } from './hostile-readers.ts';
import { timeOf } from './time-of.ts';

/** Prints how long the first reading of this process took: `node read-once.ts <reader> <input>`, both by their numbers. */
const [, , reader = '', input = ''] = process.argv;
const { raw } = hostileInputs()[Number(input)]!;
const { read } = (await hostileReaders())[Number(reader)]!;
console.log(await timeOf(() => read(raw)));
