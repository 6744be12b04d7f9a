import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectFlagz } from '@flagz/prometheus';
import { Registry } from 'prom-client';
import { flags } from './flags.ts';

const register = new Registry();
// As early as this, so that what the sources deliver first is counted.
collectFlagz(flags, { register });

/** Answers a scrape. */
export function answerMetrics(request: IncomingMessage, response: ServerResponse): void {
  register.metrics().then(
    (text) => {
      response.setHeader('content-type', register.contentType);
      response.end(request.method === 'HEAD' ? undefined : text);
    },
    () => {
      response.statusCode = 500;
      response.end('the metrics could not be collected\n');
    },
  );
}
