import { FlagSet, boolean, duration, inRange, int, oneOf, string } from '@flagz/core';

/** The flags of both programs. */
export const flags = new FlagSet('greeter');

export const times = flags.static('times', int, 1, 'How often to greet.').withValidator(inRange(1, 5));

export const greeting = flags.dynamic('greeting', string, 'Hello', 'What to say first.');

export const loud = flags.dynamic('loud', boolean, false, 'Shouts.');

export const mood = flags.dynamic('mood', oneOf('calm', 'glad'), 'calm', 'How the greeting ends.');

export const pauseMin = flags.dynamic('pause_min', duration, 0, 'Shortest pause between greetings.');

export const pauseMax = flags.dynamic('pause_max', duration, 1_000, 'Longest pause between greetings.');

flags.invariant([pauseMin, pauseMax], (least, most) => least <= most || 'pause_min above pause_max');

export const apiKey = flags.dynamic('api_key', int, 0, 'Key to the names service.', { sensitive: true });
