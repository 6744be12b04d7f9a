// timeout: 300 s
import { FlagSet, int, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { flagzHandler } from '@flagz/debug-http';
import { launch, live, openPage, screenshot, seriousViolations } from './browser.ts';
import { type Demo, startDemo } from './demo.ts';
import { manyFlags } from './many-flags.ts';
import { type Served, serve } from './serve.ts';

let browser: Browser;
let demo: Demo;
let served: Served;

function hooks(it: Parameters<Parameters<typeof describe>[1]>[0]): void {
  it.before(async () => {
    browser = await launch();
  });
  it.after(async () => await browser.close());
  it.beforeEach(async () => {
    demo = await startDemo();
    served = await serve(flagzHandler(demo.flags, { writable: { authorize: () => 'ann' } }));
  });
  it.afterEach(async () => {
    await served[Symbol.asyncDispose]();
    await demo[Symbol.asyncDispose]();
  });
}

describe('the page in Chromium', (it) => {
  hooks(it);

  const looks: Readonly<Record<string, BrowserContextOptions>> = {
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  };
  for (const [name, options] of Object.entries(looks)) {
    it(`is accessible, asks nobody else and breaks no policy: ${name}`, async () => {
      await using watched = await openPage(browser, options);
      const { page, problems, origins } = watched;
      await page.goto(served.url);
      await live(page);
      await screenshot(page, name);
      assert.equal(await seriousViolations(page), []);
      await page.click('a[data-open]:text-is("rate_limiting_config")');
      await page.waitForSelector('.detail');
      await screenshot(page, `${name}-open`);
      assert.equal(await seriousViolations(page), []);
      for (const query of [
        '?flag=search_rollout_percent',
        '?only_changed=true&type=dynamic',
        '?q=none+such',
        '?flag=none',
      ]) {
        await page.goto(served.url + query);
        assert.equal(await seriousViolations(page), [], query);
      }
      await page.goto(`${served.url}?flag=search_rollout_percent`);
      await page.fill('textarea[name="value"]', '600');
      await page.click('button[value="set"]');
      await page.waitForSelector('[role="alert"]:has-text("Refused")');
      await screenshot(page, `${name}-refused`);
      assert.equal(await seriousViolations(page), []);
      await page.goto(`${served.url}?flag=search_rollout_percent`);
      const width = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
      assert.ok(width[0] <= width[1], `scrolls sideways: ${width.join(' > ')}`);
      assert.equal(problems, []);
      assert.equal([...origins], [new URL(served.url).origin]);
    });
  }

  it('follows changes without loading again, and says so', async () => {
    await using watched = await openPage(browser);
    const { page, problems } = watched;
    await page.goto(served.url);
    await live(page);
    const row = page.locator('li[data-flag="search_rollout_percent"]');
    await page.evaluate('window.sameDocument = true');
    demo.store.set('search_rollout_percent', '60');
    await row.locator('.value bdi:text-is("60")').waitFor();
    assert.ok(await row.locator('.row.flash').count());
    assert.is(await page.textContent('#announce'), 'search_rollout_percent changed');
    assert.match((await page.textContent('#history li:first-child')) ?? '', /search_rollout_percent 25 → 60/);
    demo.store.set('search_rollout_percent', '600');
    await page.locator('.alarm b:text-is("search_rollout_percent")').waitFor();
    demo.store.disconnect();
    await page.locator('.state:text-is("stale")').waitFor();
    demo.store.reconnect();
    assert.is(await page.evaluate('window.sameDocument'), true);
    assert.equal(problems, []);
  });

  it('keeps what somebody types while the flag changes below', async () => {
    await using watched = await openPage(browser);
    const { page } = watched;
    await page.goto(served.url);
    await live(page);
    await page.click('a[data-open]:text-is("greeting")');
    const field = page.locator('li[data-flag="greeting"] textarea');
    await field.fill('half a thou');
    demo.store.set('greeting', 'good morning');
    await page.locator('li[data-flag="greeting"] pre:has-text("good morning")').waitFor();
    assert.is(await field.inputValue(), 'half a thou');
    assert.is(await page.evaluate('document.activeElement.name'), 'value');
  });

  it('shows what changed where the focus is, and in filtered lists, and is live all the while', async () => {
    await using watched = await openPage(browser);
    const { page, problems } = watched;
    await page.goto(`${served.url}?q=rollout`);
    await live(page);
    const value = page.locator('li[data-flag="search_rollout_percent"] .value bdi');
    await page.focus('a[data-open]:text-is("search_rollout_percent")');
    const checksum = await page.textContent('#overview');
    demo.store.set('search_rollout_percent', '61');
    await value.filter({ hasText: /^61$/ }).waitFor();
    assert.is(await page.evaluate('document.activeElement.textContent'), 'search_rollout_percent');
    assert.is.not(await page.textContent('#overview'), checksum);
    // Another flag comes into the filtered list when it passes the filter, and leaves when it no longer does.
    const greeting = page.locator('li[data-flag="greeting"]');
    assert.is(await greeting.count(), 0);
    demo.store.set('greeting', 'all about the rollout');
    await greeting.waitFor();
    demo.store.set('greeting', 'hello');
    await greeting.waitFor({ state: 'detached' });
    await live(page);
    assert.equal(problems, []);
  });

  it('says that it is paused where a change would take away what somebody is at work on', async () => {
    await using watched = await openPage(browser);
    const { page } = watched;
    demo.store.set('greeting', 'changed');
    await page.goto(`${served.url}?only_changed=true`);
    await live(page);
    const row = page.locator('li[data-flag="greeting"]');
    await page.focus('a[data-open]:text-is("greeting")');
    demo.store.set('greeting', 'hello');
    await page.locator('#live[data-state="paused"]:has-text("Paused: 1 change")').waitFor();
    assert.is(await row.count(), 1);
    await page.click('#live button');
    await row.waitFor({ state: 'detached' });
    await live(page);
    // And by itself, once the focus is elsewhere.
    demo.store.set('greeting', 'changed');
    await row.waitFor();
    await page.focus('a[data-open]:text-is("greeting")');
    demo.store.set('greeting', 'hello');
    await page.waitForSelector('#live[data-state="paused"]');
    await page.focus('#q');
    await row.waitFor({ state: 'detached' });
    await live(page);
  });

  it('no longer says that a value is refused once it is not', async () => {
    await using watched = await openPage(browser);
    const { page } = watched;
    await page.goto(served.url);
    await live(page);
    demo.store.set('search_rollout_percent', '600');
    const alarm = page.locator('.alarm b:text-is("search_rollout_percent")');
    const badge = page.locator('li[data-flag="search_rollout_percent"] .badge:text-is("refused value")');
    await alarm.waitFor();
    await badge.waitFor();
    // The value that is there already: nothing changes but that the refusal ends.
    demo.store.set('search_rollout_percent', '25');
    await alarm.waitFor({ state: 'detached' });
    await badge.waitFor({ state: 'detached' });
    await live(page);
  });

  it('does not call itself live on a connection that has gone silent', async () => {
    await using watched = await openPage(browser);
    const { page } = watched;
    await page.clock.install();
    await page.goto(served.url);
    await live(page);
    await page.route('**/*live=*', (route) => route.abort());
    // No word of the service comes in the browser's next minute, which takes no time here.
    await page.clock.fastForward(60_000);
    await page.waitForSelector('#live[data-state="wait"]');
  });

  for (const streams of [true, false]) {
    it(`brings very many changes below a half-typed text, ${streams ? 'told' : 'asked for'}`, async () => {
      const many = Array.from({ length: 250 }, (_, index) => `many_${index}`);
      for (const name of many) demo.flags.dynamic(name, int, 0, 'One of many.');
      await using watched = await openPage(browser);
      const { page } = watched;
      if (!streams) await page.route('**/*live=*', (route) => route.fulfill({ status: 503 }));
      await page.clock.install();
      await page.goto(served.url);
      await page.waitForSelector(streams ? '#live[data-state="live"]' : '#live:has-text("Checking every 15 s")');
      await page.click('a[data-open]:text-is("greeting")');
      const field = page.locator('li[data-flag="greeting"] textarea');
      await field.fill('half a thou');
      demo.store.update(Object.fromEntries([...many, 'search_rollout_percent'].map((name) => [name, '7'])));
      await page.clock.fastForward(15_500);
      await page.locator('li[data-flag="many_249"] .value bdi:text-is("7")').waitFor();
      await page.locator('li[data-flag="search_rollout_percent"] .value bdi:text-is("7")').waitFor();
      assert.is(await field.inputValue(), 'half a thou');
      assert.is(await page.evaluate('document.activeElement.name'), 'value');
      assert.match((await page.textContent('#overview')) ?? '', new RegExp(demo.flags.checksum('dynamic')));
    });
  }

  it('connects again after a restart of the service, and shows the new state', async () => {
    await using watched = await openPage(browser);
    const { page } = watched;
    await page.goto(served.url);
    await live(page);
    const port = Number(new URL(served.url).port);
    await served[Symbol.asyncDispose]();
    await page.waitForSelector('#live[data-state="wait"]');
    demo.store.set('search_rollout_percent', '70');
    const server = (await import('node:http')).createServer(flagzHandler(demo.flags)).listen(port, '127.0.0.1');
    served = {
      url: served.url,
      server,
      async [Symbol.asyncDispose]() {
        server.close();
        server.closeAllConnections();
      },
    };
    await live(page);
    await page.locator('li[data-flag="search_rollout_percent"] .value bdi:text-is("70")').waitFor();
  });

  it('looks every 15 seconds where no stream can be had', async () => {
    await using watched = await openPage(browser);
    const { page } = watched;
    await page.route('**/*live=*', (route) => route.fulfill({ status: 503 }));
    await page.clock.install();
    await page.goto(served.url);
    await page.locator('#live:has-text("Checking every 15 s")').waitFor();
    demo.store.set('search_rollout_percent', '33');
    await page.clock.fastForward(15_500);
    await page.locator('li[data-flag="search_rollout_percent"] .value bdi:text-is("33")').waitFor();
    // Once more: what was loaded in place has to go on working.
    demo.store.set('search_rollout_percent', '34');
    await page.clock.fastForward(15_500);
    await page.locator('li[data-flag="search_rollout_percent"] .value bdi:text-is("34")').waitFor();
  });

  it('works by keyboard', async () => {
    await using watched = await openPage(browser);
    const { page } = watched;
    await page.goto(served.url);
    await live(page);
    await page.keyboard.press('Tab');
    assert.is(await page.evaluate('document.activeElement.textContent'), 'Skip to the flags');
    await page.focus('a[data-open]:text-is("log_level")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('li[data-flag="log_level"] .detail');
    assert.is(await page.getAttribute('li[data-flag="log_level"] a[data-open]', 'aria-expanded'), 'true');
    await page.keyboard.press('Enter');
    await eventually(async () => (await page.locator('.detail').count()) === 0);
    assert.is(await page.evaluate('document.activeElement.textContent'), 'log_level');
  });

  it('sets a flag for a time, refuses with the reason, and resets', async () => {
    await using watched = await openPage(browser);
    const { page, problems } = watched;
    await page.goto(`${served.url}?flag=search_rollout_percent`);
    await page.fill('textarea', '400');
    await page.click('button:text-is("Set")');
    await page.locator('[role="alert"]:has-text("Refused")').waitFor();
    assert.is(await page.inputValue('textarea'), '400');
    await screenshot(page, 'refused');
    await page.fill('textarea', '40');
    await page.click('button:text-is("Check only")');
    await page.locator('.note:has-text("This value would be accepted")').waitFor();
    assert.is(demo.flags.find('search_rollout_percent')?.get(), 25);
    await page.click('button:text-is("Set")');
    await page.locator('.note:has-text("Set for 30m0s by ann")').waitFor();
    assert.is(demo.flags.find('search_rollout_percent')?.get(), 40);
    await screenshot(page, 'set');
    await page.click('button:text-is("Reset")');
    await page.locator('.note:has-text("Reset by ann")').waitFor();
    assert.is(demo.flags.find('search_rollout_percent')?.get(), 25);
    assert.equal(problems, []);
  });
});

describe('the page without JavaScript', (it) => {
  hooks(it);

  it('filters, searches, opens a flag and sets it', async () => {
    await using watched = await openPage(browser, { javaScriptEnabled: false });
    const { page } = watched;
    const names = (): Promise<string[]> => page.locator('[data-open]').allTextContents();
    await page.goto(served.url);
    await page.click('text="Static"');
    assert.equal(await names(), ['host', 'port']);
    await page.click('text="Changed only"');
    assert.equal(await names(), ['port']);
    await page.click('.filters >> text="All"');
    await page.click('text="Changed only"');
    await page.fill('#q', 'ROLLOUT');
    await Promise.all([page.waitForURL(/q=ROLLOUT/), page.keyboard.press('Enter')]);
    assert.equal(await names(), ['search_rollout_percent']);
    await page.click('text="search_rollout_percent"');
    assert.match((await page.textContent('.layers')) ?? '', /etcd.*in force[\s\S]*25[\s\S]*default[\s\S]*0/);
    await page.fill('textarea', '80');
    await page.click('button:text-is("Set")');
    assert.is(demo.flags.find('search_rollout_percent')?.get(), 80);
    assert.match((await page.textContent('main')) ?? '', /Set for 30m0s by ann/);
    await screenshot(page, 'without-javascript');
  });
});

describe('the page in Chromium with a difficult flag set', (it) => {
  it.before(async () => {
    browser = await launch();
  });
  it.after(async () => await browser.close());

  it('is accessible with 5,000 flags, narrowed down while one types, and changed a row at a time', async () => {
    const flags = manyFlags();
    await using many = await serve(flagzHandler(flags));
    await using watched = await openPage(browser);
    const { page, problems } = watched;
    await page.goto(many.url);
    await live(page);
    assert.is(await page.locator('#flags > li').count(), 5_000);
    await page.locator('#flags > li').first().scrollIntoViewIfNeeded();
    await screenshot(page, 'many');
    await page.locator('#q').pressSequentially('pricing_17_rollout');
    await page.locator('#count:text-is("1 of 5000")').waitFor();
    await page.evaluate(`
      window.touched = new Set();
      new MutationObserver((records) => {
        for (const { target } of records) touched.add(target.closest('li')?.dataset.flag ?? target.id);
      }).observe(document.getElementById('flags'), { childList: true, subtree: true, characterData: true });
    `);
    flags.load({ name: 'operator', kind: 'source' }, [['pricing_17_rollout_percent', '77']]);
    await page.locator('li[data-flag="pricing_17_rollout_percent"] .value bdi:text-is("77")').waitFor();
    assert.equal(await page.evaluate('[...touched]'), ['pricing_17_rollout_percent']);
    // All rows are alike, and axe would take minutes for 5,000 of them.
    await page.fill('#q', '');
    await page.locator('#count:text-is("5000")').waitFor();
    await page.evaluate("for (const row of document.querySelectorAll('#flags > li:nth-child(n + 100)')) row.remove()");
    assert.equal(await seriousViolations(page), []);
    assert.equal(problems, []);
  });

  it('searches while one types where the service does, and says where it did not look', async () => {
    const flags = new FlagSet('s');
    flags.dynamic('greeting', string, `hello ${'x'.repeat(400)} needle`, 'A text.');
    flags.dynamic('other', string, 'hello', 'A text.');
    await using service = await serve(flagzHandler(flags));
    await using watched = await openPage(browser);
    const { page } = watched;
    await page.goto(service.url);
    await page.fill('#q', 'GREETING');
    await page.locator('#count:text-is("1 of 2")').waitFor();
    // Labels of the list and what it says of cut values are no fields of a flag.
    for (const text of ['from', 'characters', 'needle']) {
      await page.fill('#q', text);
      await page.locator('#count:text-is("0 of 2")').waitFor();
      assert.is(await page.isVisible('#none'), false);
      await page.locator('#none-here:has-text("Press Enter to search whole values")').waitFor();
    }
    await page.press('#q', 'Enter');
    await page.locator('#count:text-is("1 of 2")').waitFor();
    assert.equal(await page.locator('#flags > li:visible').count(), 1);
  });

  it('grows in proportion to the flags: elements and bytes for each are those of a short list', async () => {
    const weigh = async (shards: number): Promise<{ bytes: number; elements: number }> => {
      const flags = manyFlags(shards);
      await using service = await serve(flagzHandler(flags));
      await using watched = await openPage(browser);
      const response = await watched.page.goto(service.url);
      const bytes = (await response?.body())?.length ?? Number.NaN;
      const elements = await watched.page.evaluate<number>("document.querySelectorAll('*').length");
      return { bytes: bytes / (100 * shards), elements: elements / (100 * shards) };
    };
    const [few, many] = [await weigh(2), await weigh(50)];
    assert.ok(many.bytes <= few.bytes, `${many.bytes} bytes a flag, ${few.bytes} in a short list`);
    assert.ok(many.elements <= few.elements, `${many.elements} elements a flag, ${few.elements} in a short list`);
  });

  it('runs nothing that a value brings along', async () => {
    const flags = new FlagSet('<img src=x onerror=alert(1)>');
    const hostile = `</textarea><script>alert(2)</script><img src=x onerror=alert(3)>"'onfocus=alert(4) autofocus='\u202e`;
    const flag = flags.dynamic('hostile', string, hostile, hostile);
    await using service = await serve(flagzHandler(flags, { writable: { authorize: () => 'ann' } }));
    await using watched = await openPage(browser);
    const { page, problems } = watched;
    await page.goto(service.url);
    await live(page);
    flag.set(`${hostile}2`);
    await page.locator('.row.flash').waitFor();
    await page.click('[data-open]');
    await page.waitForSelector('.detail');
    await page.goto(`${service.url}?flag=hostile`);
    await page.goto(`${service.url}?q=${encodeURIComponent(hostile)}`);
    assert.equal(problems, []);
    assert.is(await page.evaluate('document.images.length'), 0);
  });
});
