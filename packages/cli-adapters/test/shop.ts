import { type DynamicFlag, FlagSet, boolean, duration, inRange, int, oneOf, string, stringSet } from '@flagz/core';

/** Is a flag set with one flag of each sort that a command line can trip over. */
export interface Shop {
  readonly flags: FlagSet;
  readonly rate: DynamicFlag<number>;
}

/** Makes a fresh one: each test has its own. */
export function makeShop(): Shop {
  const flags = new FlagSet('shop');
  flags.static('port', int, 8080, 'Port to listen on.');
  flags.static('no-proxy', string, '', 'Hosts to reach directly.');
  const rate = flags.dynamic('rate', int, 10, 'Requests per second.').withValidator(inRange(-10, 1000));
  flags.dynamic('max_connections', int, 5, 'Most connections at once.');
  flags.dynamic('fast_index', boolean, false, 'Searches by the fast index.');
  flags.dynamic('label', string, 'none', 'Label of the shop.');
  flags.dynamic('level', oneOf('debug', 'info'), 'info', 'What is logged.');
  flags.dynamic('peers', stringSet, new Set(['a', 'b']), 'The other shops.');
  flags.dynamic('db.pool', int, 2, 'Connections to the database.');
  flags.dynamic('timeout', duration, 1_000, 'Time for one request.');
  flags.dynamic('token', int, 1, 'Number that opens the safe.', { sensitive: true });
  flags.dynamic('old_label', string, '', 'Label of old.', { deprecated: 'use label' });
  const low = flags.dynamic('low', int, 1, 'Least stock.');
  const high = flags.dynamic('high', int, 5, 'Most stock.');
  flags.invariant([low, high], (least, most) => least <= most || 'low above high');
  return { flags, rate };
}

/** Gives the texts that the command line holds, by flag. */
export function given(flags: FlagSet): Readonly<Record<string, string>> {
  const fromCommandLine = [...flags].filter(({ source }) => source === 'command line');
  return Object.fromEntries(fromCommandLine.map(({ name, text }) => [name, text]));
}
