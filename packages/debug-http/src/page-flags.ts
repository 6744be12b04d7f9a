import type { FlagInfo } from '@flagz/core';
import type { Shown } from './document.ts';
import { type Filter, writeFilter } from './filter.ts';
import { type Html, markup, shown as safe } from './html.ts';
import { when } from './page-time.ts';
import type { Temporary } from './temporary.ts';

const LONGEST = 240;
/** From so many on, the browser is told to lay out only what can be seen. */
const MANY = 200;

/** Shows the filters, and the flags that pass them. */
export function flagList(shown: Shown, all: readonly FlagInfo[], listed: readonly FlagInfo[], filter: Filter): Html {
  return markup`<section aria-labelledby="flags-title">
      <h2 id="flags-title">Flags <span class="count" id="count">${countOf(listed, all)}</span></h2>
      ${filterBar(filter)}
      <div class="columns" aria-hidden="true"><span>Flag</span><span>Value</span><span>Default</span><span>From</span></div>
      <ul class="flags${listed.length > MANY && ' many'}" id="flags">${listed.map(
        (info) => markup`
        <li data-flag="${info.name}">${flagRow(info, shown.temporary)}</li>`,
      )}
      </ul>
      <p class="muted none" id="none"${listed.length > 0 && markup` hidden`}>No flag matches. <a href="?">Show all</a></p>
      <p class="muted none" id="none-here" hidden>Nothing in what is shown here. Press Enter to search whole values.</p>
    </section>`;
}

/** Says how many flags are listed, of how many. */
export function countOf(listed: readonly FlagInfo[], all: readonly FlagInfo[]): string {
  return listed.length === all.length ? `${all.length}` : `${listed.length} of ${all.length}`;
}

function filterBar(filter: Filter): Html {
  const { type, onlyChanged, search } = filter;
  const link = (title: string, next: Partial<Filter>, on: boolean): Html =>
    markup`<a href="${writeFilter({ type, onlyChanged, search, ...next })}"${on && markup` aria-current="true"`}>${title}</a>`;
  return markup`<nav class="filters" aria-label="Filters">
        <div class="group">
          ${link('All', { type: undefined }, !type)}
          ${link('Dynamic', { type: 'dynamic' }, type === 'dynamic')}
          ${link('Static', { type: 'static' }, type === 'static')}
        </div>
        <div class="group">${link('Changed only', { onlyChanged: !onlyChanged }, onlyChanged)}</div>
        <form role="search" method="get" action="?">
          ${type && markup`<input type="hidden" name="type" value="${type}">`}
          ${onlyChanged && markup`<input type="hidden" name="only_changed" value="true">`}
          <label class="hidden" for="q">Search flags</label>
          <input type="search" id="q" name="q" value="${search}" placeholder="Search name, text, value, source" autocomplete="off">
          <button>Search</button>
        </form>
      </nav>`;
}

/** Shows one flag in the list: its name leads to all its layers. */
export function flagRow(info: FlagInfo, temporary: Temporary): Html {
  const { name, lastChange } = info;
  const ends = temporary.endOf(name);
  return markup`<div class="row${info.changed && ' changed'}${info.rejections.length > 0 && ' refused'}">
          <div class="cell name">
            <p><a href="?${new URLSearchParams({ flag: name }).toString()}" data-open>${name}</a> <span class="type">${info.type}</span>${badges(info)}</p>
            <p class="usage">${safe(info.usage, LONGEST)}</p>
          </div>
          <div class="cell value"><span class="label">Value</span><code>${safe(info.value, LONGEST)}</code></div>
          <div class="cell default"><span class="label">Default</span><code>${safe(info.defaultValue, LONGEST)}</code></div>
          <div class="cell from"><span class="label">From</span><span class="source">${safe(info.source)}</span>
            ${lastChange && markup`<small>${when(lastChange.time)}${lastChange.origin?.actor !== undefined && markup` by ${safe(lastChange.origin.actor, 60)}`}</small>`}
            ${ends !== undefined && markup`<small class="ends">ends ${when(ends)}</small>`}
          </div>
        </div>`;
}

function badges({ changed, dynamic, rejections, restartNeeded, deprecated, sensitive }: FlagInfo): Html {
  const badge = (text: string, mood = ''): Html => markup` <span class="badge ${mood}">${text}</span>`;
  return markup`${changed && badge('changed', 'accent')}${!dynamic && badge('static')}${sensitive && badge('sensitive')}${rejections.length > 0 && badge('refused value', 'bad')}${restartNeeded && badge('restart needed', 'warn')}${deprecated !== undefined && badge('deprecated', 'warn')}`;
}
