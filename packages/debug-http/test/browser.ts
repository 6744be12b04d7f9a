import { spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';

const SCREENSHOTS = new URL('../.test-results/screenshots/', import.meta.url).pathname;

/** Is a page under watch: what it must never do is on record. */
export interface Watched extends AsyncDisposable {
  readonly page: Page;
  /** Errors of scripts, of the content security policy, and dialogs. */
  readonly problems: string[];
  /** The origins that were asked for anything. */
  readonly origins: Set<string>;
}

/** Starts the Chromium of the system. @throws {Error} when there is none */
export function launch(): Promise<Browser> {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const found = names.map((name) =>
    spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim(),
  );
  const executablePath = found.find((path) => path !== '');
  if (!executablePath)
    throw new Error(`no Chromium found: looked for ${names.join(', ')} (Debian: apt-get install chromium)`);
  // Root may not use the sandbox, and is what tests in containers are.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/** Opens a page in a profile of its own. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  const origins = new Set<string>();
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d|ERR_CONNECTION|status of 503/.test(message.text()))
      problems.push(message.text());
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
  return { page, problems, origins, [Symbol.asyncDispose]: () => context.close() };
}

/** Waits until the page follows changes. */
export async function live(page: Page): Promise<void> {
  await page.waitForSelector('#live[data-state="live"]');
}

/** Keeps a picture for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Asks axe-core what is wrong with the page; gives what is serious. */
export async function seriousViolations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const violations = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`,
    );
}
