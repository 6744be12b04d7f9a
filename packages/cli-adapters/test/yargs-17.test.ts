import yargs from 'yargs-17';
import { yargsSuite } from './yargs-suite.ts';

yargsSuite('17', yargs);
