/**
 * Is the part of the page's script that keeps the page current: it puts in place what the service tells, never below
 * somebody's hands, and says how far the page can be trusted.
 *
 * Follows `script.ts`, in the same scope.
 */
export const LIVE_SCRIPT = `
  // --- How far the page can be trusted --------------------------------------------------------------------------------
  // It calls itself live only while nothing that it shows can be old.
  let line = ['wait', 'Connecting'];
  let busy = 0;
  let behind = false;
  const held = new Map(); // what would disturb, by flag, and how to do it all the same
  function tell() {
    const [state, text] = behind ? ['wait', 'Not reachable, trying again'] : busy > 0 ? ['wait', 'Updating'] : line;
    const waiting = 'Paused: ' + held.size + (held.size === 1 ? ' change' : ' changes');
    const whole = held.size === 0 ? text : state === 'live' ? waiting : waiting + ', ' + text.toLowerCase();
    if (badge.dataset.text === whole) return;
    badge.dataset.text = whole;
    badge.dataset.state = held.size > 0 ? 'paused' : state;
    badge.textContent = whole;
    if (held.size === 0) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Show';
    badge.append(' ', button);
  }
  function showHeld() {
    for (const act of [...held.values()]) act();
    held.clear();
    recount();
    tell();
  }
  function release() {
    for (const [name, act] of [...held]) {
      const item = itemOf(name);
      if (item ? inUse(item) : inUse(byId('main'))) continue;
      held.delete(name);
      act();
    }
    recount();
    tell();
  }

  // --- Putting in place ------------------------------------------------------------------------------------------------
  const itemOf = (name) => list && list.querySelector('li[data-flag="' + CSS.escape(name) + '"]');
  const inUse = (item) => item.contains(document.activeElement) || item.querySelector('.detail') !== null;
  function parse(markup) {
    const template = document.createElement('template');
    template.innerHTML = markup;
    return template.content.firstElementChild;
  }
  function bare(node) {
    const copy = node.cloneNode(true);
    copy.classList.remove('flash');
    copy.removeAttribute('tabindex');
    for (const time of copy.querySelectorAll('time')) time.replaceWith(document.createElement('time'));
    for (const link of copy.querySelectorAll('[aria-expanded]')) link.removeAttribute('aria-expanded');
    return copy;
  }
  /** Leaves what is the same where it is, with what is selected in it; keeps the focus on the same link. */
  function renew(old, fresh) {
    if (bare(old).isEqualNode(bare(fresh))) {
      const times = fresh.querySelectorAll('time');
      old.querySelectorAll('time').forEach((time, index) => {
        if (time.dateTime === times[index].dateTime) return;
        time.replaceWith(times[index].cloneNode(true));
      });
      writeTimes(old);
      return false;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : undefined;
    const alike = (root) => Array.from(root.querySelectorAll(focused.localName)).filter((one) => one.href === focused.href);
    const nth = focused ? alike(old).indexOf(focused) : -1;
    old.replaceWith(fresh);
    writeTimes(fresh);
    if (focused) {
      const found = alike(fresh);
      if (found.length === 0) fresh.tabIndex = -1;
      (found[nth] ?? found[0] ?? fresh).focus({ preventScroll: true });
    }
    return true;
  }
  function put(id, content) {
    const old = byId(id);
    if (!old || !content) return;
    renew(old, content);
  }
  function place(name, row, item = itemOf(name)) {
    held.delete(name);
    let changed = true;
    if (item) {
      changed = renew(item.querySelector('.row'), row);
    } else {
      item = document.createElement('li');
      item.dataset.flag = name;
      item.append(row);
      writeTimes(item);
      list.insertBefore(item, Array.from(list.children).find((other) => other.dataset.flag > name) ?? null);
    }
    if (!changed) return false;
    item.querySelector('.row').classList.add('flash');
    markOpenable(item);
    if (texts) texts.set(item, searchable(item));
    return true;
  }
  /** A flag that no longer passes the filter leaves the list, unless somebody is at work on it. */
  function drop(item) {
    const act = () => {
      if (texts) texts.delete(item);
      item.remove();
    };
    if (inUse(item)) held.set(item.dataset.flag, act);
    else act();
  }
  function recount(count) {
    if (!list) return;
    const shown = byId('count');
    if (count !== undefined) shown.dataset.whole = count;
    if (texts) narrow(true);
    else {
      shown.textContent = shown.dataset.whole ?? shown.textContent;
      byId('none').hidden = list.children.length > 0;
    }
  }
  function announce(names) {
    if (names.length > 0) byId('announce').textContent = names.length === 1 ? names[0] + ' changed' : names.length + ' flags changed';
  }

  // --- What the service tells ------------------------------------------------------------------------------------------
  let { position, version } = document.body.dataset;
  function onNews(news) {
    put('overview', news.overview && parse(news.overview));
    put('history', news.history && parse('<div id="history">' + news.history + '</div>'));
    const touched = new Set([...Object.keys(news.rows), ...news.gone]);
    const changed = list ? Object.entries(news.rows).filter(([name, row]) => place(name, parse(row))).map(([name]) => name) : [];
    for (const name of news.gone) {
      const item = itemOf(name);
      if (item) drop(item);
    }
    // A layer below another one can change without the flag being touched.
    const other = version !== String(news.version);
    version = String(news.version);
    for (const detail of document.querySelectorAll('[data-detail]')) {
      if (other || touched.has(detail.dataset.detail)) void refreshDetail(detail);
    }
    recount(news.count);
    announce(changed);
  }
  async function refreshDetail(detail) {
    const turn = (detail.turn ?? 0) + 1;
    detail.turn = turn;
    await during(async () => {
      const fresh = parse('<div>' + ((await fetchDetail(detail.dataset.detail)) ?? '') + '</div>');
      if (detail.turn !== turn || !detail.isConnected || !fresh.querySelector('.about')) return;
      renew(detail.querySelector('.about'), fresh.querySelector('.about'));
      // The form stays: somebody may be typing in it. A new process knows new tokens only.
      const [token, next] = [detail, fresh].map((root) => root.querySelector('input[name=token]'));
      if (token && next) token.value = next.value;
    });
  }
  let retrying;
  async function during(act) {
    busy++;
    tell();
    try {
      await act();
      return true;
    } catch {
      behind = true;
      clearTimeout(retrying);
      retrying = setTimeout(sync, RETRY_MS);
      return false;
    } finally {
      busy--;
      tell();
    }
  }

  // --- Everything anew, where the news is too much for a message ---------------------------------------------------------
  let wanted = false;
  let syncing;
  function sync() {
    wanted = true;
    syncing ??= (async () => {
      busy++;
      for (let pause = 0; wanted; pause = PAUSE_MS) {
        // A busy service is asked again only after a while, and the page says meanwhile that it is being updated.
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        wanted = false;
        if (await during(async () => merge(await loadPage()))) behind = false;
      }
      busy--;
      syncing = undefined;
      tell();
    })();
    return syncing;
  }
  async function loadPage() {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    // Of a flag that is gone, too; but never what a proxy says in the place of the service.
    if (!page.getElementById('main') || !page.body.dataset.position) throw new Error(String(response.status));
    return page;
  }
  function merge(page) {
    const main = byId('main');
    const fresh = page.getElementById('main');
    ({ position, version } = page.body.dataset);
    for (const id of ['overview', 'history']) put(id, page.getElementById(id));
    const rows = page.getElementById('flags');
    if (list && rows) {
      const known = new Map(Array.from(list.children, (item) => [item.dataset.flag, item]));
      const changed = [];
      for (const { dataset: { flag }, firstElementChild: row } of Array.from(rows.children)) {
        if (place(flag, row, known.get(flag))) changed.push(flag);
        known.delete(flag);
      }
      for (const item of known.values()) drop(item);
      recount(page.getElementById('count').textContent);
      announce(changed);
    } else if (!main.querySelector('.one [data-detail]') !== !fresh.querySelector('.one [data-detail]')) {
      const act = () => {
        main.replaceWith(fresh);
        start();
      };
      if (inUse(main)) held.set('', act);
      else act();
    }
    for (const detail of document.querySelectorAll('[data-detail]')) void refreshDetail(detail);
  }

  // --- Live ------------------------------------------------------------------------------------------------------------
  function poll() {
    line = ['wait', 'Checking every ' + POLL_MS / 1000 + ' s'];
    void sync();
    setInterval(sync, POLL_MS);
  }
  let heard = 0;
  let stream;
  addEventListener('pagehide', () => stream?.close());
  function follow() {
    if (typeof EventSource !== 'function') return poll();
    const query = new URLSearchParams(location.search);
    for (const name of ['said', 'fragment', 'format']) query.delete(name);
    query.set('live', position);
    stream = new EventSource('?' + query.toString());
    heard = Date.now();
    const on = (name, act) =>
      stream.addEventListener(name, (event) => {
        heard = Date.now();
        position = event.lastEventId || position;
        line = ['live', 'Live'];
        act(event);
        tell();
      });
    on('current', () => {});
    on('news', (event) => onNews(JSON.parse(event.data)));
    on('reload', () => void sync());
    stream.addEventListener('error', () => {
      if (stream.readyState === EventSource.CLOSED) {
        clearInterval(watch);
        poll();
      } else line = ['wait', 'Connecting again'];
      tell();
    });
    // The service speaks every 15 seconds: a connection that says nothing is dead, and nobody has told us.
    const watch = setInterval(() => {
      if (Date.now() - heard < SILENCE_MS) return;
      clearInterval(watch);
      stream.close();
      line = ['wait', 'Connecting again'];
      tell();
      follow();
    }, 5000);
  }
`;
