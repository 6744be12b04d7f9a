import type { FlagChange } from '@flagz/core';
import type { Attempt } from './attempts.ts';
import { type Html, markup, shown as safe } from './html.ts';
import { reasonFor } from './page-overview.ts';
import { when } from './page-time.ts';

const MOST = 50;
const LONGEST = 160;

/** Shows what happened, newest first: changes, and the attempts that did not become one. */
export function historyList(changes: readonly FlagChange[], attempts: readonly Attempt[]): Html {
  const entries = [
    ...changes.slice(-MOST).map((change) => ({ time: change.time, item: changeItem(change) })),
    ...attempts.slice(-MOST).map((attempt) => ({ time: attempt.time, item: attemptItem(attempt) })),
  ];
  if (entries.length === 0) return markup`<p class="muted">Nothing has changed since the start.</p>`;
  // Stable for equal times, so that what came later stands above also within a millisecond.
  const newest = entries.toReversed().toSorted((left, right) => right.time - left.time);
  const older = Math.max(0, changes.length - MOST);
  return markup`<ol class="history">${newest.slice(0, MOST).map(({ item }) => item)}</ol>
        ${older > 0 && markup`<p class="muted">${older} older changes are in the <a href="?format=json">JSON document</a>.</p>`}`;
}

function changeItem({ flag, source, revision, previous, next, time, origin }: FlagChange): Html {
  return markup`<li>
            <p class="at">${when(time)}</p>
            <p><a href="?${new URLSearchParams({ flag }).toString()}">${flag}</a> <code>${safe(previous, LONGEST)}</code> <span class="arrow">→</span> <code>${safe(next, LONGEST)}</code></p>
            <p class="muted">${safe(source)}${revision !== undefined && markup` · revision ${safe(revision, 40)}`}${origin?.actor !== undefined && markup` · by ${safe(origin.actor, 60)}`}</p>
          </li>`;
}

function attemptItem({ action, flag, text, time, actor, outcome, reason }: Attempt): Html {
  const mood = { accepted: 'good', refused: 'bad', denied: 'bad', pending: '' }[outcome];
  return markup`<li>
            <p class="at">${when(time)}</p>
            <p><span class="badge ${mood}">${action === 'unknown' ? 'unreadable request' : action} ${outcome}</span> ${flag !== '' && markup`<a href="?${new URLSearchParams({ flag }).toString()}">${safe(flag, 60)}</a>`}${text !== undefined && markup` <code>${safe(text, LONGEST)}</code>`}</p>
            <p class="muted">over HTTP${actor !== undefined && markup` · by ${safe(actor, 60)}`}${reason !== undefined && markup` · ${safe(reasonFor(flag, reason), LONGEST * 2)}`}</p>
          </li>`;
}
