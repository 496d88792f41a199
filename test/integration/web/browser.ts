import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findProgram, readLabEnvironment } from '../../../lab/environment.ts';

/** Where screenshots of the test are kept: not part of the checkout. */
export const artifacts = join(import.meta.dirname, '../../../.lab/artifacts/web');

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 360, height: 740 };
export type Theme = 'light' | 'dark';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium; throws where there is none. */
export function launch(): Promise<Browser> {
  const executablePath = findProgram('chromium', readLabEnvironment());
  if (executablePath === undefined) throw new Error('chromium is missing: ./dev setup installs it');
  // Its own sandbox needs user namespaces, which containers and root seldom have; it sees nothing but the test's own server.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page, and what went wrong on it. */
export interface Tab {
  context: BrowserContext;
  page: Page;
  /** Console errors, exceptions and violations of the content security policy. */
  complaints: string[];
}

/** Signs in on the page for it, which is open. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** @param size of the window @param theme what the system prefers */
export async function openTab(
  browser: Browser,
  baseURL: string,
  size = desktop,
  theme: Theme = 'light',
): Promise<Tab> {
  const context = await browser.newContext({
    baseURL,
    viewport: size,
    colorScheme: theme,
    reducedMotion: 'reduce',
    hasTouch: size.width <= phone.width,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message.text()))
      complaints.push(`console: ${message.text()}`);
  });
  return { context, page, complaints };
}

/**
 * The browser itself reports each answer of 400 and more: those are of the API, and the page shows them. It also gives its connections
 * up when the computer gets another interface, as it does by tests beside this one; the page connects again.
 */
function isExpected(text: string): boolean {
  if (text.includes('net::ERR_NETWORK_CHANGED')) return true;
  return /^Failed to load resource: the server responded with a status of 4(01|09|12|22|03|04)/.test(text);
}

/**
 * What axe finds serious or critical, one line a finding.
 *
 * @param coloursAlone for the second theme of a page: nothing else depends on it
 */
export async function violations(page: Page, coloursAlone = false): Promise<string[]> {
  const rules = coloursAlone
    ? ['color-contrast']
    : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  // Injected by the debugger rather than as a script element, which the content security policy forbids.
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe);
  const found: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[] =
    await page.evaluate(
      `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then((result) => result.violations)`,
    );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 4)
        .map(
          ({ target, failureSummary }) =>
            `${id}: ${target.join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`,
        ),
    );
}

/** How far the page can be scrolled sideways, in CSS pixels: nothing on a well-made page. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  return await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: join(artifacts, `${name}.png`) });
}
