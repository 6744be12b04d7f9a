// @ts-expect-error: @types/yargs describes 17 and 18 alike, but not under this name.
import yargs from 'yargs-17';
import { yargsSuite } from './yargs-suite.ts';

yargsSuite('17', yargs);
