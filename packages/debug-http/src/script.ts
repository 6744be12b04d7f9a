/**
 * Is the script of the page: it follows changes live, says how long ago things were, filters while one types and opens
 * layers in place. Everything that it does can be had without it, by links and forms.
 *
 * It keeps to what browsers understand as it stands, and writes nothing into the page but what the service escaped.
 */
export const SCRIPT = `'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const badge = byId('live');
  const POLL_MS = 15000;

  function say(state, text) {
    badge.dataset.state = state;
    badge.textContent = text;
  }

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
  function narrow() {
    const wanted = search.value.trim().toLowerCase();
    texts ??= new Map(Array.from(list.children, (item) => [item, item.textContent.toLowerCase()]));
    let hits = 0;
    for (const [item, text] of texts) {
      const hit = wanted === sent || text.includes(wanted);
      if (item.hidden === hit) item.hidden = !hit;
      if (hit) hits++;
    }
    byId('none').hidden = hits > 0;
    const count = byId('count');
    count.dataset.whole ??= count.textContent;
    count.textContent = wanted === sent ? count.dataset.whole : hits + ' of ' + texts.size;
  }
  let typing;
  function onType() {
    clearTimeout(typing);
    // What was sent hides flags that are not in this page: a search that leaves it has to be sent.
    if (sent && !search.value.trim().toLowerCase().includes(sent)) return;
    typing = setTimeout(narrow, 80);
  }

  // --- Layers in place ----------------------------------------------------------------------------------------------
  async function fetchDetail(name) {
    const response = await fetch('?fragment=1&flag=' + encodeURIComponent(name), { headers: { accept: 'text/html' } });
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  }
  async function toggle(link) {
    const item = link.closest('li');
    const open = item.querySelector('.detail');
    if (open) {
      open.remove();
      link.setAttribute('aria-expanded', 'false');
      return;
    }
    const name = item.dataset.flag;
    try {
      const markup = await fetchDetail(name);
      if (item.querySelector('.detail')) return;
      const detail = document.createElement('div');
      detail.className = 'detail';
      detail.dataset.detail = name;
      detail.innerHTML = markup;
      item.append(detail);
      link.setAttribute('aria-expanded', 'true');
      writeTimes(detail);
    } catch {
      location.assign(link.href);
    }
  }
  async function refreshDetail(detail) {
    try {
      const fresh = document.createElement('div');
      fresh.innerHTML = await fetchDetail(detail.dataset.detail);
      // The form stays: somebody may be typing in it.
      detail.querySelector('.about').replaceWith(fresh.querySelector('.about'));
      writeTimes(detail);
    } catch {
      // The next change, or the person, tries again.
    }
  }
  function markOpenable(root) {
    for (const link of root.querySelectorAll('a[data-open]')) {
      link.setAttribute('aria-expanded', String(link.closest('li').querySelector('.detail') !== null));
    }
  }

  // --- Live ---------------------------------------------------------------------------------------------------------
  function put(id, markup) {
    const old = byId(id);
    if (!old || old.contains(document.activeElement)) return;
    if (id === 'overview') old.outerHTML = markup;
    else old.innerHTML = markup;
    writeTimes(byId(id));
  }
  function onNews(news) {
    put('overview', news.overview);
    put('history', news.history);
    const names = Object.keys(news.rows);
    for (const name of names) {
      const item = list && list.querySelector('li[data-flag="' + CSS.escape(name) + '"]');
      if (item) {
        const row = item.querySelector('.row');
        const focused = row.contains(document.activeElement);
        row.outerHTML = news.rows[name];
        const fresh = item.querySelector('.row');
        fresh.classList.add('flash');
        writeTimes(fresh);
        markOpenable(item);
        if (focused) fresh.querySelector('a').focus();
        if (texts) texts.set(item, item.textContent.toLowerCase());
      }
      const detail = document.querySelector('[data-detail="' + CSS.escape(name) + '"]');
      if (detail) refreshDetail(detail);
    }
    if (names.length > 0) byId('announce').textContent = names.length === 1 ? names[0] + ' changed' : names.length + ' flags changed';
  }
  let loading = false;
  async function reload() {
    if (loading) return;
    loading = true;
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' } });
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const main = byId('main');
      // Never below somebody's hands: a form that is open stays as it is.
      if (!main.contains(document.activeElement) && !main.querySelector('form.set')) {
        main.replaceWith(page.getElementById('main'));
        document.body.dataset.position = page.body.dataset.position;
        start();
      }
      return true;
    } catch {
      return false;
    } finally {
      loading = false;
    }
  }
  function poll() {
    say('wait', 'Checking every ' + POLL_MS / 1000 + ' s');
    setInterval(async () => {
      const ok = await reload();
      say('wait', ok ? 'Checking every ' + POLL_MS / 1000 + ' s' : 'Not reachable, trying again');
    }, POLL_MS);
  }
  function follow() {
    if (typeof EventSource !== 'function') return poll();
    const stream = new EventSource('?live=' + document.body.dataset.position);
    stream.addEventListener('open', () => say('live', 'Live'));
    stream.addEventListener('news', (event) => onNews(JSON.parse(event.data)));
    stream.addEventListener('reload', () => void reload());
    stream.addEventListener('error', () => {
      if (stream.readyState === EventSource.CLOSED) poll();
      else say('wait', 'Connecting again');
    });
    addEventListener('pagehide', () => stream.close());
    // A page that comes back from the cache of the browser has missed what happened since.
    addEventListener('pageshow', (event) => event.persisted && location.reload());
  }

  /** Also after the page was loaded again in place: then these are other elements. */
  function start() {
    list = byId('flags');
    search = byId('q');
    sent = search ? search.value.trim().toLowerCase() : '';
    texts = undefined;
    writeTimes(document.body);
    markOpenable(document);
  }
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-open]');
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void toggle(link);
  });
  document.addEventListener('input', (event) => {
    if (search && event.target === search) onType();
  });
  start();
  setInterval(() => document.hidden || writeTimes(byId('overview') ?? document.body), 1000);
  setInterval(() => document.hidden || writeTimes(document.body), 30000);
  say('wait', 'Connecting');
  follow();
})();
`;
