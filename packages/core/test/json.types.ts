import { type FlagType, FlagSet, type StandardSchema, json } from '@flagz/core';
import * as v from 'valibot';
import { z } from 'zod';

interface Limits {
  rate: number;
}

json(z.object({ rate: z.number() })) satisfies FlagType<Limits>;
json(v.object({ rate: v.number() })) satisfies FlagType<Limits>;
z.object({ rate: z.number() }) satisfies StandardSchema<Limits>;

// The value is what the schema gives, not what it takes.
json(z.object({ rate: z.number().default(1) })).parse('{}') satisfies Limits;
json(z.coerce.date()).parse('"2024-02-29"') satisfies Date;

const flags = new FlagSet('types');
flags.dynamic('limits', json(z.object({ rate: z.number() })), { rate: 1 }, '').get() satisfies Limits;
flags.dynamic('labels', json(), { team: 'checkout' }, '').get().team satisfies string;

// @ts-expect-error: the default lacks a field
flags.dynamic('lacking', json(z.object({ rate: z.number() })), {}, '');
// @ts-expect-error: the schema says number
json(z.number()).format('1');
// @ts-expect-error: not a schema
json({ rate: 1 });
// @ts-expect-error: no such field
flags.dynamic('other', json(), { team: 'checkout' }, '').get().name satisfies string;
