import { Command } from 'commander-12';
import { commanderSuite } from './commander-suite.ts';

commanderSuite('12', Command as never, false);
