import type { FlagInfo, FlagSet } from '@flagz/core';
import { LINKS } from './assets.ts';
import type { Attempt } from './attempts.ts';
import type { Shown } from './document.ts';
import type { Answer } from './exchange.ts';
import { type Filter, passes } from './filter.ts';
import { type Html, markup, shown as safe } from './html.ts';
import type { RenderNews } from './live.ts';
import { flagFacts, flagForm, said } from './page-flag.ts';
import { countOf, flagList, flagRow } from './page-flags.ts';
import { historyList } from './page-history.ts';
import { overview } from './page-overview.ts';
import type { PageTokens } from './page-token.ts';

/** Is what live pages have in common, whatever their filters. */
interface Common {
  readonly infos: readonly FlagInfo[];
  readonly overview: string;
  readonly history: string;
}

/** Puts pages together. */
export class Pages {
  readonly #look: () => Shown;
  readonly #tokens: PageTokens;

  constructor(look: () => Shown, tokens: PageTokens) {
    this.#look = look;
    this.#tokens = tokens;
  }

  /** Shows all flags, or the one that the query names. `?fragment` gives what belongs below a row. */
  page(filter: Filter, query: URLSearchParams, position: string): Answer {
    const shown = this.#look();
    if (filter.name !== undefined) {
      const attempt = shown.attempts.find(({ id }) => String(id) === query.get('said'));
      return this.#flagPage(shown, filter.name, position, { attempt, fragment: query.has('fragment') });
    }
    const infos = Array.from(shown.flags, (flag) => flag.info());
    const listed = infos.filter((info) => passes(filter, info));
    return page(
      200,
      shown.flags,
      position,
      markup`${overview(shown, infos)}${flagList(shown, infos, listed, filter)}${history(shown)}`,
    );
  }

  /** Shows the flag of an attempt with what became of it, and with the text that was sent. */
  verdict(status: number, attempt: Attempt, text: string | undefined, position: string): Answer {
    return this.#flagPage(this.#look(), attempt.flag, position, { attempt, text, status });
  }

  /**
   * Takes a picture of the present state, for all live pages: what they have in common is made once, when first asked for.
   *
   * It gives what a page with a filter puts in the place of what it shows: `gone` are flags that do not pass.
   */
  picture(): RenderNews {
    const shown = this.#look();
    const { version } = shown.flags;
    let common: Common | undefined;
    return (names, filter) => {
      if (filter.name !== undefined) return { version, rows: {}, gone: names };
      return { version, ...this.#news(shown, (common ??= commonOf(shown)), names, filter) };
    };
  }

  #news(shown: Shown, common: Common, names: readonly string[], filter: Filter): object {
    const { infos } = common;
    const listed = infos.filter((info) => passes(filter, info));
    const wanted = new Set(names);
    const rows = listed
      .filter(({ name }) => wanted.delete(name))
      .map((info): [string, string] => [info.name, flagRow(info, shown.temporary).text]);
    return {
      overview: common.overview,
      history: common.history,
      rows: Object.fromEntries(rows),
      gone: [...wanted],
      count: countOf(listed, infos),
    };
  }

  #flagPage(
    shown: Shown,
    name: string,
    position: string,
    extra: { attempt?: Attempt | undefined; text?: string | undefined; status?: number; fragment?: boolean },
  ): Answer {
    const info = shown.flags.find(name)?.info();
    if (!info) {
      const message = markup`<p class="note bad">There is no flag of that name. <a href="?">All flags</a></p>`;
      return page(404, shown.flags, position, markup`${extra.attempt && said(extra.attempt)}${message}`);
    }
    const facts = flagFacts(info, shown);
    const form = shown.writable && info.dynamic && flagForm(info, this.#tokens.make(name), extra.text);
    if (extra.fragment) return document(200, markup`${facts}${form}`);
    return page(
      extra.status ?? 200,
      shown.flags,
      position,
      oneFlag(info, markup`${extra.attempt && said(extra.attempt)}`, markup`${facts}${form}`),
    );
  }
}

function oneFlag(info: FlagInfo, outcome: Html, facts: Html): Html {
  return markup`<section class="one" aria-labelledby="flag-name">
      <p><a href="?">← All flags</a></p>
      <h2 id="flag-name">${info.name} <span class="type">${info.type}</span></h2>
      <p class="usage">${safe(info.usage)}</p>
      ${outcome}
      <div class="card detail" data-detail="${info.name}">${facts}</div>
    </section>`;
}

function commonOf(shown: Shown): Common {
  const infos = Array.from(shown.flags, (flag) => flag.info());
  return {
    infos,
    overview: overview(shown, infos).text,
    history: historyList(shown.flags.history(), shown.attempts).text,
  };
}

function history(shown: Shown): Html {
  return markup`<section aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      <div id="history">${historyList(shown.flags.history(), shown.attempts)}</div>
    </section>`;
}

function page(status: number, { name: set, version }: FlagSet, position: string, body: Html): Answer {
  return document(
    status,
    markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${set} · Flagz</title>
<link rel="icon" href="${LINKS.icon}">
<link rel="stylesheet" href="${LINKS.style}">
<script src="${LINKS.script}" defer></script>
</head>
<body data-position="${position}" data-version="${version}">
<a class="skip" href="#main">Skip to the flags</a>
<header>
  <h1><a href="?"><span class="eyebrow">Flagz</span> ${set}</a></h1>
  <p class="live" id="live">As of <time datetime="${new Date().toISOString()}">${new Date().toISOString().slice(11, 19)} UTC</time> · <a href="">Reload</a></p>
</header>
<main id="main">${body}</main>
<footer><a href="?format=json">JSON</a></footer>
<p class="hidden" role="status" id="announce"></p>
</body>
</html>
`,
  );
}

function document(status: number, content: Html): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: content.text };
}
