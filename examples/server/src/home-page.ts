import { escapeHtml } from './escape-html.ts';

const LINKS: readonly (readonly [href: string, text: string])[] = [
  ['/values', 'what every flag is right now'],
  ['/search?user=a', 'a search: which index the user gets follows search_rollout_percent'],
  ['/recommendations', 'a list, unless recommendations_enabled is off'],
  ['/debug/flagz', 'the flags for operators: values, sources, what is refused'],
  ['/metrics', 'the same for Prometheus'],
  ['/healthz', 'whether the service serves'],
  ['/readyz', 'whether it follows all its sources'],
];

/** Writes the page that says what this is. */
export function homePage(greeting: string): string {
  const items = LINKS.map(
    ([href, text]) => `      <li><a href="${escapeHtml(href)}">${escapeHtml(href)}</a>: ${escapeHtml(text)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Flagz example service</title>
  </head>
  <body>
    <h1>${escapeHtml(greeting)}</h1>
    <p>This is the example service of Flagz: its flags change while it runs.</p>
    <ul>
${items.join('\n')}
    </ul>
  </body>
</html>
`;
}
