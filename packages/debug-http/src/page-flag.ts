import { type FlagInfo, duration } from '@flagz/core';
import type { Attempt } from './attempts.ts';
import { pretty, type Shown } from './document.ts';
import { type Html, editable, markup, shown as safe } from './html.ts';
import { historyList } from './page-history.ts';
import { reasonFor, refusal } from './page-overview.ts';
import { when } from './page-time.ts';

/** So much of one value is shown; the JSON document has all of it. */
const LONGEST = 20_000;
const LONGEST_LAYER = 2_000;

/** Shows everything about one flag: its value, every layer, what is refused, its history. */
export function flagFacts(info: FlagInfo, shown: Pick<Shown, 'flags' | 'recent' | 'temporary' | 'attempts'>): Html {
  const { name, rejections } = info;
  const changes = shown.flags.history().filter((change) => change.flag === name);
  const attempts = shown.attempts.filter(({ flag }) => flag === name);
  const last = shown.recent.rejection(name);
  const ends = shown.temporary.endOf(name);
  return markup`<div class="about">
          ${info.deprecated !== undefined && markup`<p class="note warn">Deprecated: ${safe(info.deprecated)}</p>`}
          ${info.restartNeeded && markup`<p class="note warn">A source holds another value, which a restart brings.</p>`}
          ${ends !== undefined && markup`<p class="note warn">This value was set for a time and ends ${when(ends)}.</p>`}
          <h3>Value</h3>
          <pre tabindex="0" role="group" aria-label="Value of ${name}"><code>${safe(pretty(info, info.value), LONGEST)}</code></pre>
          <h3>Layers</h3>
          <p class="muted">From top to bottom: the first that holds a value wins.</p>
          <ol class="layers">
            ${info.layers.toReversed().map(
              ({ source, value, revision, time }, index) => markup`<li${index === 0 && markup` class="wins"`}>
              <p><b>${safe(source)}</b>${index === 0 && markup` <span class="badge accent">in force</span>`} <small>${when(time)}${revision !== undefined && markup` · revision ${safe(revision, 40)}`}</small></p>
              <code>${safe(value, LONGEST_LAYER)}</code></li>`,
            )}
            <li${info.layers.length === 0 && markup` class="wins"`}><p><b>default</b>${info.layers.length === 0 && markup` <span class="badge accent">in force</span>`}</p>
              <code>${safe(info.defaultValue, LONGEST_LAYER)}</code></li>
          </ol>
          ${rejections.length > 0 && markup`<h3>Refused right now</h3><ul class="plain">${rejections.map(refusal)}</ul>`}
          ${rejections.length === 0 && last && markup`<h3>Refused last, no longer</h3><ul class="plain">${refusal(last)}</ul>`}
          <h3>History of this flag</h3>
          ${historyList(changes, attempts)}
        </div>`;
}

/** Lets somebody who may set the flag. Works as a plain form. */
export function flagForm({ name, value, sensitive }: FlagInfo, token: string, text: string | undefined): Html {
  const id = `value-${name}`;
  const filled = text ?? value;
  const fits = filled.length <= LONGEST && editable(filled);
  // A browser drops the first line break of a text area.
  const field = sensitive
    ? markup`<input type="password" id="${id}" name="value" autocomplete="off">`
    : markup`<textarea id="${id}" name="value" rows="3" spellcheck="false" autocomplete="off">${'\n'}${fits && filled}</textarea>`;
  return markup`<form class="set" method="post" action="?${new URLSearchParams({ flag: name }).toString()}">
          <h3>Set</h3>
          <input type="hidden" name="flag" value="${name}">
          <input type="hidden" name="token" value="${token}">
          <label for="${id}">New value of ${name}, as text</label>
          ${!sensitive && !fits && markup`<p class="muted">The present text is too long for this field, or has signs that it cannot show.</p>`}
          ${field}
          <div class="actions">
            <label for="ttl-${name}">Ends after</label>
            <select id="ttl-${name}" name="ttl">
              <option value="">never</option><option>5m</option><option selected>30m</option><option>2h</option><option>8h</option><option>1d</option>
            </select>
            <button name="action" value="check">Check only</button>
            <button class="primary" name="action" value="set">Set</button>
            <button name="action" value="reset">Reset</button>
          </div>
          <p class="muted">Counts for this instance only, above all sources, until it ends or is reset.</p>
        </form>`;
}

/** Tells what became of an attempt. */
export function said({ action, flag, outcome, reason, actor, ttlMs }: Attempt): Html {
  const done = { set: 'Set', reset: 'Reset', check: 'This value would be accepted', unknown: '' }[action];
  if (outcome !== 'accepted') {
    return markup`<p class="note bad" role="alert">${outcome === 'denied' ? 'Denied' : 'Refused'}: ${safe(reasonFor(flag, reason ?? 'no reason given'), 1_000)}</p>`;
  }
  const forHowLong = action === 'set' && ttlMs !== undefined && ` for ${duration.format(ttlMs)}`;
  return markup`<p class="note good" role="status">${done}${forHowLong}${actor !== undefined && action !== 'check' && markup` by ${safe(actor, 100)}`}.</p>`;
}
