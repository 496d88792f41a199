import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { poll } from '../../../lab/process/poll.ts';
import { openTab, sidewaysOverflow, violations } from '../../integration/web/browser.ts';

/** The sizes of windows, in CSS pixels; the phone has a touch screen. */
export const sizes = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 360, height: 780 },
} as const;
export type Device = keyof typeof sizes;

/** Where screenshots are kept; those for the documentation in a folder of their own in it. */
export const screenshots =
  process.env.METALWRIGHT_SCREENSHOTS ?? join(import.meta.dirname, '../../../.lab/artifacts/browser');

/** Somebody with a browser, who never reloads a page. */
export interface Visitor {
  device: Device;
  page: Page;
  /** Clicks, or taps where there is no mouse. */
  press(what: Locator): Promise<void>;
  /** Goes to a place of the navigation, as this size shows it. */
  go(place: string, heading?: string): Promise<void>;
  /** Chooses a part of a machine's page, and waits until it is drawn. */
  choose(tab: string): Promise<void>;
  /** From here on the page must not be loaded anew. */
  settle(): void;
  /** Looks at the page with axe, and for what is wider than the window; keeps a screenshot. */
  inspect(name: string): Promise<void>;
  /** Keeps a screenshot for the documentation, without notices that lie over it. */
  picture(name: string): Promise<void>;
  /** Keeps a screenshot of whatever there is. Never throws. */
  evidence(): Promise<void>;
  /** Console errors, exceptions, reloads. */
  complaints(): string[];
}

export async function welcome(browser: Browser, baseURL: string, device: Device): Promise<Visitor> {
  const { page, complaints } = await openTab(browser, baseURL, sizes[device]);
  let settled = false;
  page.on('load', () => {
    if (settled) complaints.push(`the page was loaded anew: ${page.url()}`);
  });
  const press = (what: Locator): Promise<void> => (device === 'phone' ? what.tap() : what.click());
  const navigation = page.getByRole('navigation', {
    name: device === 'phone' ? 'Main, short' : 'Main',
    exact: true,
  });
  const isDrawn = async (): Promise<void> => {
    const loading = page.getByLabel(/^(Loading|Asking)/);
    const probe = async () => ((await loading.count()) === 0 ? true : undefined);
    await poll(probe, { what: `nothing to load at ${page.url()}`, timeoutMs: 60_000 });
  };
  const keep = async (folder: string, name: string): Promise<void> => {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  };

  return {
    device,
    page,
    press,
    async go(place, heading = place) {
      const link = navigation.getByRole('link', { name: place, exact: true });
      if (device === 'phone' && (await link.count()) === 0) {
        await press(navigation.getByRole('button', { name: 'More' }));
        await press(page.getByRole('dialog').getByRole('link', { name: place, exact: true }));
      } else await press(link);
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      await isDrawn();
    },
    async choose(tab) {
      const trigger = page.getByRole('tab', { name: tab, exact: true });
      await press(trigger);
      await page.getByRole('tab', { name: tab, exact: true, selected: true }).waitFor();
      await isDrawn();
    },
    settle() {
      settled = true;
    },
    async inspect(name) {
      await isDrawn();
      const place = `${device}: ${name}`;
      await keep(screenshots, `${device}-${name}`);
      expect(await violations(page), place).toEqual([]);
      expect(await sidewaysOverflow(page), `${place} is wider than its window by`).toBe(0);
    },
    async picture(name) {
      const notice = page.getByRole('button', { name: 'Dismiss' }).first();
      while (await notice.isVisible()) await press(notice);
      await keep(join(screenshots, 'docs'), name);
    },
    evidence: () => keep(screenshots, `${device}-at-failure`).catch(() => undefined),
    complaints: () => complaints,
  };
}
