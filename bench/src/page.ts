import { FlagSet, int } from '@flagz/core';
import { flagzFetchHandler } from '@flagz/debug-http';
import { type Contender, inTurn, showStanding, standingOf } from './in-turn.ts';
import type { Subject } from './subject.ts';

const FEW = 50;
const MANY = 5_000;
const GOAL = 1.1;
const LONG = `one page of ${MANY.toLocaleString('en')} flags`;
const KNOWN = `${LONG}, which the client has already (ETag)`;

/** Compares pages of `/debug/flagz`: a flag in a long list must cost no more than one in a short list. */
export const page: Subject = {
  name: 'page',
  title: `page: an operator opens /debug/flagz of ${MANY.toLocaleString('en')} flags`,
  async measure(effort) {
    const few = Math.ceil(FEW * effort);
    const many = Math.ceil(MANY * effort);
    const standings = await inTurn(
      [
        asked(`baseline: ${MANY / FEW} pages of ${FEW} flags`, few, Math.round(many / few)),
        asked(LONG, many, 1),
        await known(KNOWN, many),
      ],
      Math.ceil(20 * effort),
    );
    return {
      table: { head: ['HTML', 'time', 'ratio'], rows: standings.map(showStanding) },
      goals: [{ what: LONG, limit: GOAL, measured: standingOf(standings, LONG).ratio, unit: ' ×' }],
    };
  },
};

function asked(name: string, flags: number, times: number): Contender {
  const ask = handlerOf(flags);
  return {
    name,
    async run() {
      const start = performance.now();
      for (let time = 0; time < times; time++) {
        const text = await (await ask({})).text();
        if (text.length < 300 * flags) throw new Error('page: the answer lacks flags');
      }
      return (performance.now() - start) * 1e6;
    },
  };
}

async function known(name: string, flags: number): Promise<Contender> {
  const ask = handlerOf(flags);
  const etag = (await ask({})).headers.get('etag') ?? '';
  return {
    name,
    async run() {
      const start = performance.now();
      const { status } = await ask({ 'if-none-match': etag });
      if (status !== 304) throw new Error(`page: ${status} where 304 was expected`);
      return (performance.now() - start) * 1e6;
    },
  };
}

function handlerOf(count: number): (headers: Record<string, string>) => Promise<Response> {
  const flags = new FlagSet('bench');
  for (let index = 0; index < count; index++) flags.dynamic(`flag_${index}`, int, index, 'A flag.');
  const handler = flagzFetchHandler(flags);
  return async (headers) =>
    handler(new Request('http://bench.test/debug/flagz', { headers: { accept: 'text/html', ...headers } }));
}
