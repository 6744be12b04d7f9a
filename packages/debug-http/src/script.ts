import { LIVE_SCRIPT } from './script-live.ts';

/**
 * Is the script of the page: it follows changes live, says how long ago things were, filters while one types and opens
 * layers in place. Everything that it does can be had without it, by links and forms.
 *
 * It keeps to what browsers understand as it stands, and writes nothing into the page but what the service escaped.
 */
export const SCRIPT: string = `'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const badge = byId('live');
  const POLL_MS = 15000;
  const RETRY_MS = 2000;
  const PAUSE_MS = 1000;
  const SILENCE_MS = 40000;

  // --- How long ago -------------------------------------------------------------------------------------------------
  const UNITS = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  function distance(ms) {
    const seconds = Math.round(Math.abs(ms) / 1000);
    if (seconds < 2) return 'now';
    const [size, unit] = UNITS.find(([size]) => seconds >= size);
    const text = Math.floor(seconds / size) + ' ' + unit;
    return ms < 0 ? 'in ' + text : text + ' ago';
  }
  function writeTimes(root) {
    for (const time of root.querySelectorAll('time')) {
      if (!time.title) time.title = time.textContent;
      const text = distance(Date.now() - Date.parse(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // --- Search while typing ------------------------------------------------------------------------------------------
  // The service has filtered already by what was sent; typing narrows down what is here.
  let list;
  let search;
  let sent = '';
  let texts;
  // Where the service looks, but for what it cut.
  const FIELDS = ['[data-open]', '.usage > bdi', '.value bdi', '.source > bdi'].map((field) => '.row ' + field).join();
  function searchable(item) {
    return Array.from(item.querySelectorAll(FIELDS), (field) => field.textContent.toLowerCase()).join('\\n');
  }
  function narrow(kept = false) {
    const wanted = search.value.trim().toLowerCase();
    texts ??= new Map(Array.from(list.children, (item) => [item, searchable(item)]));
    let hits = 0;
    for (const [item, text] of texts) {
      // What somebody is at work on does not vanish because it changes.
      const hit = wanted === sent || text.includes(wanted) || (kept && !item.hidden && inUse(item));
      if (item.hidden === hit) item.hidden = !hit;
      if (hit) hits++;
    }
    byId('none').hidden = hits > 0 || wanted !== sent;
    byId('none-here').hidden = hits > 0 || wanted === sent;
    const count = byId('count');
    count.textContent = wanted === sent ? count.dataset.whole : hits + ' of ' + texts.size;
  }
  let typing;
  function onType() {
    clearTimeout(typing);
    // What was sent hides flags that are not in this page: a search that leaves it has to be sent.
    if (sent && !search.value.trim().toLowerCase().includes(sent)) return;
    typing = setTimeout(() => narrow(), 80);
  }

  // --- Layers in place ----------------------------------------------------------------------------------------------
  async function fetchDetail(name) {
    const response = await fetch('?fragment=1&flag=' + encodeURIComponent(name), { headers: { accept: 'text/html' } });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  }
  async function toggle(link) {
    const item = link.closest('li');
    const open = item.querySelector('.detail');
    if (open) {
      open.remove();
      link.setAttribute('aria-expanded', 'false');
      return release();
    }
    const name = item.dataset.flag;
    const asked = position;
    try {
      const markup = await fetchDetail(name);
      if (markup === undefined) throw new Error('gone');
      if (item.querySelector('.detail')) return;
      const detail = document.createElement('div');
      detail.className = 'detail';
      detail.dataset.detail = name;
      detail.innerHTML = markup;
      item.append(detail);
      link.setAttribute('aria-expanded', 'true');
      writeTimes(detail);
      if (position !== asked) void refreshDetail(detail);
    } catch {
      location.assign(link.href);
    }
  }
  function markOpenable(root) {
    for (const link of root.querySelectorAll('a[data-open]')) {
      link.setAttribute('aria-expanded', String(link.closest('li').querySelector('.detail') !== null));
    }
  }

${LIVE_SCRIPT}
  /** Also after the page was loaded again in place: then these are other elements. */
  function start() {
    list = byId('flags');
    search = byId('q');
    sent = search ? search.value.trim().toLowerCase() : '';
    texts = undefined;
    if (list) byId('count').dataset.whole = byId('count').textContent;
    writeTimes(document.body);
    markOpenable(document);
  }
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-open]');
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void toggle(link);
  });
  badge.addEventListener('click', (event) => {
    if (event.target.closest('button')) showHeld();
  });
  // Once the focus is where it goes to.
  document.addEventListener('focusout', () => setTimeout(() => held.size > 0 && release()));
  // A page that comes back from the cache of the browser has missed what happened since.
  addEventListener('pageshow', (event) => event.persisted && location.reload());
  document.addEventListener('input', (event) => {
    if (search && event.target === search) onType();
  });
  start();
  setInterval(() => document.hidden || writeTimes(byId('overview') ?? document.body), 1000);
  setInterval(() => document.hidden || writeTimes(document.body), 30000);
  tell();
  follow();
})();
`;
