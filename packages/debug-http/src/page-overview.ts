import type { FlagInfo, Rejection, WatcherStatus } from '@flagz/core';
import type { Shown } from './document.ts';
import { type Html, markup, shown as safe } from './html.ts';
import { when } from './page-time.ts';

const LONGEST = 300;
const MOST_UNKNOWN = 50;

/** Shows what an operator on call wants to know first: which configuration, which sources, what is refused. */
export function overview({ flags }: Pick<Shown, 'flags'>, infos: readonly FlagInfo[]): Html {
  const statuses = flags.watchers.map(({ status }) => status);
  const refused = infos.flatMap(({ rejections }) => rejections);
  const waiting = infos.filter(({ restartNeeded }) => restartNeeded);
  const changed = infos.filter((info) => info.changed).length;
  return markup`<section id="overview" aria-label="Overview">
      <dl class="facts">
        <div><dt>Dynamic checksum</dt><dd><code>${flags.checksum('dynamic')}</code></dd></div>
        <div><dt>Static checksum</dt><dd><code>${flags.checksum('static')}</code></dd></div>
        <div><dt>Version</dt><dd>${flags.version}</dd></div>
        <div><dt>Flags</dt><dd>${infos.length} <small>${changed} changed</small></dd></div>
      </dl>
      <div class="cards">
        ${refusedCard(refused)}
        ${sourcesCard(statuses)}
        ${waiting.length > 0 && restartCard(waiting)}
      </div>
    </section>`;
}

function refusedCard(refused: readonly Rejection[]): Html {
  if (refused.length === 0) {
    return markup`<div class="card calm"><h2>Refused right now</h2><p><span class="dot good"></span> Nothing is refused.</p></div>`;
  }
  return markup`<div class="card alarm">
          <h2>Refused right now <span class="count">${refused.length}</span></h2>
          <ul class="plain">${refused.slice(0, 100).map(refusal)}</ul>
        </div>`;
}

/** Shows one refused value; also on the page of its flag. */
export function refusal({ flag, source, error, time, revision }: Rejection): Html {
  return markup`<li>
            <p><a href="?${new URLSearchParams({ flag }).toString()}"><b>${flag}</b></a> from ${safe(source)}${revision !== undefined && markup` <small>revision ${safe(revision)}</small>`}</p>
            <p class="reason">${safe(reasonFor(flag, error.message), LONGEST * 2)}</p>
            <p class="muted">first refused ${when(time)}</p>
          </li>`;
}

/** Leaves out the beginning of a message that names the flag, where its name stands already. */
export function reasonFor(flag: string, message: string): string {
  return message.replace(`flag "${flag}": `, '');
}

const MOODS: Readonly<Record<WatcherStatus['state'], string>> = {
  live: 'good',
  starting: 'warn',
  stale: 'bad',
  stopped: 'off',
};

function sourcesCard(statuses: readonly WatcherStatus[]): Html {
  if (statuses.length === 0)
    return markup`<div class="card calm"><h2>Sources</h2><p class="muted">No source is watched.</p></div>`;
  return markup`<div class="card"><h2>Sources</h2><ul class="plain">${statuses.map(sourceItem)}</ul></div>`;
}

function sourceItem({ source, state, lastSuccess, lastError, restarts, revision, unknown }: WatcherStatus): Html {
  const heard = lastSuccess === undefined ? markup`never loaded` : markup`heard ${when(lastSuccess)}`;
  const known = unknown.slice(0, MOST_UNKNOWN);
  const more = unknown.length - known.length;
  return markup`<li>
            <p><span class="state ${MOODS[state]}">${state}</span> <b>${safe(source)}</b></p>
            <p class="muted">${heard} · ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}${revision !== undefined && markup` · revision ${safe(revision, 40)}`}</p>
            ${lastError && markup`<p class="reason">${state === 'live' ? 'Last error, since recovered: ' : ''}${safe(lastError.message, LONGEST)}</p>`}
            ${known.length > 0 && markup`<p class="muted">Unknown keys: ${known.map((key) => markup`<code>${safe(key, 100)}</code> `)}${more > 0 && `and ${more} more`}</p>`}
          </li>`;
}

function restartCard(waiting: readonly FlagInfo[]): Html {
  return markup`<div class="card">
          <h2>Waiting for a restart <span class="count">${waiting.length}</span></h2>
          <p class="muted">A source holds another value of these static flags.</p>
          <p>${waiting.slice(0, 50).map(({ name }) => markup`<a href="?${new URLSearchParams({ flag: name }).toString()}"><code>${name}</code></a> `)}</p>
        </div>`;
}
