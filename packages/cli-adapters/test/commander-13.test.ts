import { Command } from 'commander-13';
import { commanderSuite } from './commander-suite.ts';

commanderSuite('13', Command as never, false);
