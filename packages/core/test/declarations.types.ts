/** Misuses that the compiler has to catch: each line under an expectation fails to compile. */
import {
  type DynamicFlag,
  type Flag,
  FlagSet,
  derive,
  duration,
  inRange,
  int,
  int64,
  json,
  minLength,
  oneOf,
  string,
  stringSet,
} from '@flagz/core';
import * as v from 'valibot';
import { z } from 'zod';

const flags = new FlagSet('types');
const port = flags.static('port', int, 8080, '');
const rate = flags.dynamic('rate', int, 1, '');
const level = flags.dynamic('level', oneOf('debug', 'info'), 'info', '');
const limits = flags.dynamic(
  'limits',
  json(z.object({ rate: z.number(), policy: z.enum(['allow', 'deny']) })),
  { rate: 1, policy: 'allow' },
  '',
);
const other = flags.dynamic('other', json(v.object({ list: v.array(v.string()) })), { list: [] }, '');
const shaped = flags.dynamic('shaped', json(), { defaultRate: 10, policy: 'allow' }, '');

// The value's type is the flag type's.
const _number: number = rate.get();
const _bigint: DynamicFlag<bigint> = flags.dynamic('big', int64, 1n, '');
const _union: 'debug' | 'info' = level.get();
const _policy: 'allow' | 'deny' = limits.get().policy;
const _list: string[] = other.get().list;
const _shape: { defaultRate: number; policy: string } = shaped.get();
const _static: Flag<number> = port;
const _any: Flag<unknown> = rate;

// @ts-expect-error a default of another type
flags.dynamic('a', int, '1', '');
// @ts-expect-error a default that is none of the choices
flags.dynamic('b', oneOf('x', 'y'), 'z', '');
// @ts-expect-error a default that the schema does not give
flags.dynamic('c', json(z.object({ rate: z.number() })), { rate: '1' }, '');
// @ts-expect-error a usage line is required
flags.dynamic('d', int, 1);
// @ts-expect-error an option that does not exist
flags.dynamic('e', int, 1, '', { secret: true });
// @ts-expect-error a static flag cannot be set
port.set(1);
// @ts-expect-error a static flag has no notifiers
port.withNotifier(() => {});
// @ts-expect-error another type
rate.set('1');
// @ts-expect-error another choice
level.set('warn');
// @ts-expect-error a text is no number
const _wrong: string = rate.get();
// @ts-expect-error the validator of another type
rate.withValidator(minLength(1));
// @ts-expect-error bounds of another type
rate.withValidator(inRange(1n, 2n));
// @ts-expect-error an asynchronous validator
rate.withValidator(async () => true);
// @ts-expect-error a validator that says nothing
rate.withValidator(() => {});
// @ts-expect-error a set cannot be changed
flags.dynamic('set', stringSet, new Set(), '').get().add('x');
// @ts-expect-error the flags' types in their order
flags.invariant([rate, level], (first: string, second: number) => first.length > second);
// @ts-expect-error the flags' types in their order
derive([rate, level], (first: string) => first);
// @ts-expect-error a value is a field of its flag, not the flag
if (rate > 1) throw new Error();
// @ts-expect-error flags are made by a flag set
flags.dynamic('f', string, '', '').name = 'g';

rate.withValidator(inRange(1, 100)).withNotifier((next, previous) => void (next - previous));
flags.dynamic('timeout', duration, 1_000, '').withValidator(inRange(1, 60_000));
const _sum: number = derive([rate, port], (first, second) => first + second).get();
flags.invariant([rate, port], (first, second) => first <= second || 'above the port');
