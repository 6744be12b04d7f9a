import { Command } from 'commander';
import { commanderSuite } from './commander-suite.ts';

commanderSuite('14', Command, true);
