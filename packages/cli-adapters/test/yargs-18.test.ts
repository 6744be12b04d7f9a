import yargs from 'yargs';
import { yargsSuite } from './yargs-suite.ts';

yargsSuite('18', yargs);
