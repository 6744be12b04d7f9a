import {
  FlagSet,
  type Validator,
  duration,
  inRange,
  int,
  int64,
  matches,
  minLength,
  nonEmpty,
  string,
  stringSet,
  stringSlice,
} from '@flagz/core';

const flags = new FlagSet('types');
flags.dynamic('rate', int, 1, '').withValidator(inRange(1, 10));
flags.dynamic('timeout', duration, 1, '').withValidator(inRange(1, 10));
flags.dynamic('offset', int64, 1n, '').withValidator(inRange(1n, 10n));
flags
  .dynamic('region', string, 'a', '')
  .withValidator(matches(/a/))
  .withValidator(minLength(1))
  .withValidator(nonEmpty);
flags.dynamic('peers', stringSlice, ['a'], '').withValidator(minLength(1)).withValidator(nonEmpty);
flags
  .dynamic('features', stringSet, new Set(['a']), '')
  .withValidator(minLength(1))
  .withValidator(nonEmpty);

((next) => next > 1 || 'must be above 1') satisfies Validator<number>;

// @ts-expect-error: bounds of one kind
inRange(1, 10n);
// @ts-expect-error: bounds of the flag's kind
flags.dynamic('other_offset', int64, 1n, '').withValidator(inRange(1, 10));
// @ts-expect-error: a number has no length
flags.dynamic('other_rate', int, 1, '').withValidator(minLength(1));
// @ts-expect-error: a list matches no pattern
flags.dynamic('other_peers', stringSlice, [], '').withValidator(matches(/a/));
// @ts-expect-error: a validator answers at once
(async () => true) satisfies Validator<number>;
