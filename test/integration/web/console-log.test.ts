import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { type Setting, startSetting } from '../server/setting.ts';
import {
  desktop,
  launch,
  openTab,
  phone,
  screenshot,
  sidewaysOverflow,
  signIn,
  violations,
} from './browser.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

describe('the recorded console in the web UI', () => {
  let setting: Setting;
  let server: ServerProcess;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    setting = await startSetting();
    await setting.client.create(machineKind, {
      metadata: { name: 'talks' },
      spec: { architecture: 'amd64', macAddresses: ['52:54:00:aa:00:09'] },
    });
    server = await startServerProcess(setting.kubeconfigPath);
    browser = await launch();
    token = await setting.token('reader', {
      rules: [
        { resources: ['*'], verbs: ['get', 'list', 'watch'] },
        { resources: ['machines/console'], verbs: ['get'] },
      ],
    });
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await setting?.stop();
  });

  async function openConsole(size: typeof phone, prepare: (page: Page) => Promise<void>) {
    const tab = await openTab(browser, server.url, size);
    await tab.page.routeWebSocket('**/console**', (socket) => {
      socket.send(JSON.stringify({ type: 'Hello', machine: 'talks', rack: 'rack-1', kind: 'Sol' }));
      socket.send(JSON.stringify({ type: 'Seat', mode: 'Watch' }));
      socket.send(JSON.stringify({ type: 'Line', state: 'Open' }));
    });
    await prepare(tab.page);
    await tab.page.goto('/sign-in?to=%2Fmachines%2Ftalks%3Ftab%3Dconsole');
    await signIn(tab.page, token);
    await tab.page.getByText('Line open').waitFor();
    return tab;
  }

  /** Two pages of lines, of which one has a panic. */
  function tell(asked: URLSearchParams[]) {
    const now = Date.now();
    const long = `Command line: ${'console=ttyS0,115200n8 '.repeat(20)}`;
    const lines = Array.from({ length: 700 }, (_, age) => ({
      ...{ at: new Date(now - age * 1_000).toISOString(), id: `l${age}`, source: 'Serial' },
      text:
        age === 650 ? 'Kernel panic - not syncing' : age === 3 ? long : `[${700 - age}.0] pci 0000:00:1f.2`,
    }));
    return async (page: Page): Promise<void> => {
      await page.route('**/api/v1/machines/talks/console-log?*', (route) => {
        const query = new URL(route.request().url()).searchParams;
        asked.push(query);
        const words = query.get('q')?.toLowerCase() ?? '';
        const found = lines.filter(({ text }) => text.toLowerCase().includes(words));
        const from = Number(query.get('cursor') || '0');
        const items = found.slice(from, from + 500);
        const next = found.length > from + 500 ? String(from + 500) : undefined;
        return route.fulfill({ json: { items, next } });
      });
    };
  }

  it.each([
    ['phone', phone],
    ['desktop', desktop],
  ] as const)('is read, filtered and gone back in on a %s, by the keyboard too', async (device, size) => {
    const asked: URLSearchParams[] = [];
    const { page, complaints, context } = await openConsole(size, tell(asked));
    const recorded = page.getByRole('button', { name: 'Recorded' });
    await recorded.focus();
    await page.keyboard.press('Enter');
    expect(await recorded.getAttribute('aria-pressed')).toBe('true');
    const lines = page.getByRole('region', { name: 'Lines, the oldest first' });
    await lines.getByText('[700.0] pci').waitFor();
    expect(await lines.getByRole('listitem').count()).toBe(500);
    // The newest line is in sight, and what scrolls is reached by Tab.
    await expect
      .poll(() => lines.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight))
      .toBeLessThan(2);
    await page.keyboard.press('Tab');
    expect(await sidewaysOverflow(page)).toBe(0);
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      expect(await violations(page, scheme === 'dark')).toEqual([]);
      await screenshot(page, `console-log-${device}-${scheme}`);
    }
    await page.getByRole('button', { name: 'Show older' }).click();
    await expect.poll(() => lines.getByRole('listitem').count()).toBe(700);
    await page.getByRole('searchbox', { name: 'Only lines with' }).fill('panic');
    await expect.poll(() => lines.getByRole('listitem').allTextContents()).toHaveLength(1);
    expect(asked.at(-1)?.get('q')).toBe('panic');
    await page.getByRole('searchbox', { name: 'Only lines with' }).fill('quokka');
    await page.getByText('No line has “quokka” in it').waitFor();
    await page.getByLabel('How far back').selectOption('an hour');
    await expect
      .poll(() => Math.round((Date.now() - Date.parse(asked.at(-1)?.get('since') ?? '')) / 600_000))
      .toBe(6);
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByText('Line open').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('says that nothing is kept, where the server keeps no history', async () => {
    const { page, complaints, context } = await openConsole(phone, async () => undefined);
    await page.getByRole('button', { name: 'Recorded' }).click();
    await page.getByText('This server keeps no history').waitFor();
    expect(await sidewaysOverflow(page)).toBe(0);
    // The browser itself reports the answer.
    expect(complaints.filter((complaint) => !complaint.includes(' 503 '))).toEqual([]);
    await context.close();
  });
});
