import { Command } from 'commander-15';
import { commanderSuite } from './commander-suite.ts';

commanderSuite('15', Command, true);
