import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { type Setting, startSetting } from '../server/setting.ts';
import { launch, openTab, phone, screenshot, sidewaysOverflow, signIn, violations } from './browser.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const sensors = [
  { name: 'CPU 1 Temp', kind: 'Temperature', unit: 'Celsius', value: 48 },
  { name: 'Inlet Temp with a rather long name', kind: 'Temperature', unit: 'Celsius', value: 23.5 },
  { name: 'Fan 1', kind: 'Fan', unit: 'RPM', value: 7200 },
  { name: 'PSU 1', kind: 'Power', unit: 'Watts', value: 212 },
];

describe('sensors in the web UI', () => {
  let setting: Setting;
  let server: ServerProcess;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    setting = await startSetting();
    await setting.client.create(machineKind, {
      metadata: { name: 'warm' },
      spec: { architecture: 'amd64', macAddresses: ['52:54:00:aa:00:09'] },
    });
    server = await startServerProcess(setting.kubeconfigPath);
    browser = await launch();
    token = await setting.token('reader', { rules: [{ resources: ['*'], verbs: ['get', 'list', 'watch'] }] });
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await setting?.stop();
  });

  async function openPower(prepare: (page: Page) => Promise<void>) {
    const tab = await openTab(browser, server.url, phone);
    await prepare(tab.page);
    await tab.page.goto('/sign-in?to=%2Fmachines%2Fwarm%3Ftab%3Dpower');
    await signIn(tab.page, token);
    await tab.page.getByRole('heading', { name: 'Sensors' }).waitFor();
    return tab;
  }
  const tell = (page: Page, history: boolean) =>
    page.route('**/api/v1/machines/warm/sensors', (route) =>
      route.fulfill({ json: { rack: 'rack-1', at: new Date().toISOString(), sensors, history } }),
    );

  it('are charts with their values as tables, on a phone and in the dark too', async () => {
    const asked: URLSearchParams[] = [];
    const { page, complaints, context } = await openPower(async (page) => {
      await tell(page, true);
      await page.route('**/api/v1/history/machines/warm/sensors?*', (route) => {
        const query = new URL(route.request().url()).searchParams;
        asked.push(query);
        const [since, until] = [query.get('since') ?? '', query.get('until') ?? ''];
        const [from, stepSeconds] = [
          Date.parse(since) / 1000,
          (Date.parse(until) - Date.parse(since)) / 120_000,
        ];
        const series = sensors.map(({ value, ...sensor }) => ({
          ...sensor,
          points: Array.from({ length: 120 }, (_, step) => {
            const mean = value * (1 + Math.sin(step / 9) / 10);
            return [from + step * stepSeconds, mean, mean * 0.97, mean * 1.03];
          }).filter((_, step) => step < 50 || step > 70),
        }));
        return route.fulfill({ json: { since, until, stepSeconds, series } });
      });
    });
    await page.getByRole('img', { name: /^CPU 1 Temp: .*°C at last, between / }).waitFor();
    await page.getByRole('heading', { name: 'Fans' }).waitFor();
    expect(await sidewaysOverflow(page)).toBe(0);
    await page.getByLabel('Values of Fan 1').click();
    const table = page.getByRole('table').filter({ hasText: 'RPM' });
    await expect.poll(() => table.getByRole('row').count()).toBe(100);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('img', { name: /^CPU 1 Temp/ }).scrollIntoViewIfNeeded();
    await screenshot(page, 'sensors-phone');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page, true)).toEqual([]);
    await screenshot(page, 'sensors-phone-dark');

    await page.getByLabel('How far back').selectOption('a week');
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(1);
    const [query] = asked.slice(-1);
    const span = Date.parse(query?.get('until') ?? '') - Date.parse(query?.get('since') ?? '');
    expect(span).toBe(7 * 86_400_000);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('are a table where no history is kept, which is said', async () => {
    const { page, complaints, context } = await openPower((page) => tell(page, false).then(() => undefined));
    await page.getByText('this server keeps no history').waitFor();
    await page.getByRole('cell', { name: '48 °C' }).waitFor();
    expect(await page.getByRole('img', { name: /^CPU/ }).count()).toBe(0);
    expect(await sidewaysOverflow(page)).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('say why there are none, by the server itself', async () => {
    const { page, complaints, context } = await openPower(async () => undefined);
    await page.getByText('no rack has read the health of this machine').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
