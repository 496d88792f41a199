import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { ipAddressKind } from '../../../src/api/ip-address/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { machineActionKind } from '../../../src/api/machine-action/schema.ts';
import { until } from '../controllers/setting.ts';
import { type Setting, startSetting } from '../server/setting.ts';
import {
  desktop,
  launch,
  openTab,
  phone,
  screenshot,
  sidewaysOverflow,
  signIn,
  type Tab,
  violations,
} from './browser.ts';
import { ago, machineName, seed } from './seed.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const built = join(import.meta.dirname, '../../../web/dist');
const key =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFake me@example.com';
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** The browser, the real server and the real API server; the controllers' part is played by the test. */
describe('the web UI', () => {
  let setting: Setting;
  let server: ServerProcess;
  let browser: Browser;
  let operator: string;
  let reader: string;

  beforeAll(async () => {
    setting = await startSetting();
    await seedAll();
    server = await startServerProcess(setting.kubeconfigPath);
    browser = await launch();
    operator = await setting.token('operator', { rules: [{ resources: ['*'], verbs }] });
    reader = await setting.token('reader', {
      rules: [{ resources: ['*'], verbs: ['get', 'list', 'watch'] }],
    });
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await setting?.stop();
  });

  async function seedAll(): Promise<void> {
    const namespaces = {
      group: '',
      version: 'v1',
      plural: 'namespaces',
      kind: 'Namespace',
      namespaced: false,
    };
    await setting.client.create(namespaces, { metadata: { name: 'team-a' } });
    await seed(setting.client);
  }

  async function signedIn(token: string, path: string, size = desktop): Promise<Tab> {
    const tab = await openTab(browser, server.url, size);
    await tab.page.goto(`/sign-in?to=${encodeURIComponent(path)}`);
    await enter(tab.page, token);
    return tab;
  }

  async function enter(page: Page, token: string): Promise<void> {
    await signIn(page, token);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForURL((url) => url.pathname !== '/sign-in');
  }

  it('takes a person from the list through an order and an Allocation to the release', async () => {
    const { page, complaints, context } = await signedIn(operator, '/machines');
    const ready = machineName(6);
    await page
      .getByRole('searchbox')
      .or(page.getByPlaceholder(/filter|phase/i))
      .first()
      .fill(ready);
    // One row beside the head: until then the rows move.
    await page.locator('[aria-rowcount="2"]').waitFor();
    await page.getByRole('link', { name: ready }).first().click();
    await page.getByRole('heading', { name: ready, level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: /^Commission/ }).click();
    const order = page.getByRole('dialog').getByRole('button', { name: /Commission/ });
    await order.click();
    await until('the order is in the API server', async () =>
      (await setting.client.list(machineActionKind)).items.some(
        ({ spec }) => spec.action === 'Commission' && JSON.stringify(spec).includes(ready),
      ),
    );

    await page.goto('/allocate');
    await page.getByLabel('Name', { exact: true }).fill('web-new');
    await page.getByLabel('Image').selectOption('debian-12');
    await page.getByLabel('SSH keys').fill(key);
    await page.getByText('machines fit').waitFor();
    await page.getByLabel('Cores, at least').fill('60000');
    await page.getByText('No machine fits.').waitFor();
    await page.getByText('cores >= 60000').first().waitFor();
    await page.getByLabel('Cores, at least').fill('8');
    await page.getByText('No machine fits.').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Manifest').innerText()).toContain('cores: 8');
    await screenshot(page, 'allocate');
    await page.getByRole('button', { name: 'Allocate' }).click();
    await page.waitForURL('**/allocations/default/web-new');
    const made = await setting.client.get(allocationKind, 'web-new', 'default');
    expect(made?.spec).toMatchObject({ image: 'debian-12', sshKeys: [key], constraints: { cores: 8 } });

    await page.evaluate('globalThis.stillHere = true');
    const status = (phase: 'Deploying' | 'Deployed') => ({
      phase,
      machine: ready,
      addresses: ['10.20.0.26'],
      boundAt: ago(2),
      ...(phase === 'Deployed' ? { deployedAt: ago(0) } : {}),
    });
    const as = async (phase: 'Deploying' | 'Deployed') => {
      const metadata = { name: 'web-new', namespace: 'default' };
      await setting.client.applyStatus(
        allocationKind,
        { metadata, status: status(phase) },
        { fieldManager: 'test' },
      );
    };
    await as('Deploying');
    await page.getByText('Deploying', { exact: true }).waitFor();
    await as('Deployed');
    await page.getByText('Deployed', { exact: true }).first().waitFor();
    await page.getByText('ssh debian@10.20.0.26').waitFor();
    expect(await page.evaluate('globalThis.stillHere')).toBe(true);
    await screenshot(page, 'allocation');

    await page.getByRole('button', { name: 'Release' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Release' }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('web-new');
    await dialog.getByRole('button', { name: 'Release' }).click();
    await until('the Allocation is gone', async () => {
      return (await setting.client.get(allocationKind, 'web-new', 'default')) === undefined;
    });
    await page.getByText('There is no such Allocation').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each([
    ['at once', 0],
    ['after the form is drawn', 1_500],
  ])(
    'keeps what was typed when the name is taken and the session ends; the server says %s who it is',
    async (_when, delayMs) => {
      const { page, complaints, context } = await signedIn(operator, '/allocate');
      await page.getByLabel('Name', { exact: true }).fill('training');
      await page.getByLabel('Image').selectOption('debian-12');
      await page.getByLabel('Tags', { exact: true }).fill('nvme');
      await page.getByRole('button', { name: 'Allocate' }).click();
      const name = page.getByLabel('Name', { exact: true });
      await until('the name is marked', async () => (await name.getAttribute('aria-invalid')) === 'true');
      expect(await name.inputValue()).toBe('training');
      await name.fill('training-2');
      await page.route('**/api/v1/session', async (route) => {
        if (route.request().method() === 'GET') await new Promise((resolve) => setTimeout(resolve, delayMs));
        await route.continue();
      });
      const allocate = page.getByRole('button', { name: 'Allocate' });
      await until('the form is at rest', async () => await allocate.isEnabled());
      await context.clearCookies();
      // Something else that the page asks for may be the first to find the session gone: then there is no button any more.
      await allocate.click({ timeout: 5_000 }).catch(() => undefined);
      await page.waitForURL('**/sign-in**');
      await enter(page, operator);
      await page.waitForURL('**/allocate**');
      await until('the draft is back', async () => (await name.inputValue()) === 'training-2');
      expect(await page.getByLabel('Tags', { exact: true }).inputValue()).toBe('nvme');
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  it('says why a button is out of use to those who may only read, and that there is no history', async () => {
    const { page, context } = await signedIn(reader, '/allocations');
    await page.getByRole('link', { name: 'training' }).click();
    const release = page.getByRole('button', { name: 'Release' });
    await until('it is out of use', async () => (await release.getAttribute('aria-disabled')) === 'true');
    expect(await release.getAttribute('aria-description')).toContain('no right to delete allocations');
    await release.click({ force: true });
    expect(await page.getByRole('dialog').count()).toBe(0);

    // The server of this test keeps none.
    for (const path of ['/audit?user=ann', '/search?q=fan']) {
      await page.goto(path);
      await page.getByText('This server keeps no history').waitFor();
    }
    await context.close();
  });

  it('offers the provider of the server, comes back to where one was, and says why it did not work', async () => {
    const { page, context } = await openTab(browser, server.url);
    const methods = [{ method: 'Oidc', title: 'Single sign-on', path: '/api/v1/sign-in/oidc' }];
    await page.route('**/api/v1/sign-in', (route) => route.fulfill({ json: { methods } }));
    await page.goto('/sign-in?to=/machines?filter=x&problem=SignInRefused');
    const link = page.getByRole('link', { name: 'Single sign-on' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('/api/v1/sign-in/oidc?to=%2Fmachines%3Ffilter%3Dx');
    await page.getByText('You were not signed in').waitFor();
    await context.close();
  });

  it('shows reservations, imports and failures as they come, without a reload', async () => {
    const { page, complaints, context } = await signedIn(operator, '/networks');
    await mockLeases(page);
    await page.evaluate('globalThis.stillHere = true');
    await page.getByRole('link', { name: 'provisioning-v4' }).click();
    await page.getByRole('img', { name: /^Addresses of 10\.20\.0\.0\/24/ }).waitFor();
    await page.getByRole('cell', { name: 'printer' }).waitFor();
    await page.getByRole('button', { name: 'Reserve' }).click();
    const dialog = page.getByRole('dialog');
    const address = dialog.getByLabel('Address', { exact: true });
    await until('an address is proposed', async () => /^10\.20\.0\.\d+$/.test(await address.inputValue()));
    const reserved = await address.inputValue();
    await dialog.getByRole('button', { name: 'Reserve' }).click();
    await page.getByRole('button', { name: `Give ${reserved} up` }).click();
    const made = await setting.client.get(ipAddressKind, reserved);
    expect(made?.spec).toMatchObject({ subnet: 'provisioning-v4', purpose: 'Reserved' });
    await page.getByRole('dialog').getByRole('button', { name: 'Give up' }).click();
    await page.getByRole('button', { name: `Give ${reserved} up` }).waitFor({ state: 'detached' });
    expect(await setting.client.get(ipAddressKind, reserved)).toBeUndefined();

    await page.getByRole('link', { name: 'Images' }).first().click();
    await page.getByText('42 %').waitFor();
    const progress = { bytes: 500_000_000, totalBytes: 624_000_000, percent: 80 };
    const image = { metadata: { name: 'ubuntu-24.04' }, status: { progress } };
    await setting.client.applyStatus(bootImageKind, image, { fieldManager: 'test' });
    await page.getByText('80 %').waitFor();

    await page.getByRole('link', { name: 'Overview', exact: true }).first().click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await page.getByText('80 %').waitFor();
    const failure = { reason: 'BmcUnreachable' as const, message: 'nothing answers at 10.30.0.99' };
    const metadata = { name: machineName(6) };
    await setting.client.applyStatus(
      machineKind,
      { metadata, status: { failure } },
      { fieldManager: 'test' },
    );
    await page.getByText(failure.message).waitFor();
    await setting.client.applyStatus(machineKind, { metadata, status: {} }, { fieldManager: 'test' });
    await page.getByText(failure.message).waitFor({ state: 'detached' });
    expect(await page.evaluate('globalThis.stillHere')).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows a console in its colours, takes keys, and lets the keyboard out', async () => {
    const { page, complaints, context } = await signedIn(operator, '/machines');
    const typed = await mockConsole(page);
    await page.goto(`/machines/${machineName(6)}?tab=console`);
    await page.getByText('Line open').waitFor();
    const coloured = page.locator('.xterm-rows span', { hasText: 'orange' });
    await coloured.waitFor();
    const colour = `getComputedStyle([...document.querySelectorAll('.xterm-rows span')]
      .find(({ textContent }) => textContent.includes('orange'))).color`;
    expect(await page.evaluate(colour)).toBe('rgb(255, 120, 0)');
    await page.getByRole('textbox', { name: `Keyboard of ${machineName(6)}` }).focus();
    await page.keyboard.type('root');
    await page.keyboard.press('Tab');
    await until('the keys arrive', async () => typed.join('') === 'root\t');
    await page.keyboard.press('Control+F6');
    await page.locator('button:focus', { hasText: 'Boot log' }).waitFor();
    await page.getByRole('button', { name: 'Send BREAK' }).click();
    await until('the BREAK arrives', async () => typed.includes('{"type":"Break"}'));
    expect(complaints).toEqual([]);
    await context.close();
  });

  /** Racks are no part of this test. */
  async function mockLeases(page: Page): Promise<void> {
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const lease = { address: '10.20.0.203', mac: '02:00:00:00:00:99', state: 'Bound', end };
    const items = [
      { ...lease, client: '01', subnet: 'provisioning-v4', hostname: 'printer', rack: 'node-a' },
    ];
    const racks = [{ name: 'node-a', state: 'Answered' }];
    await page.route('**/leases**', (route) => route.fulfill({ json: { items, complete: true, racks } }));
  }

  /** The server of this test keeps no history. */
  async function mockHistory(page: Page): Promise<void> {
    const subject = { kind: 'Machine', name: ready };
    const found = {
      ...{ at: ago(5), id: 'e1', kind: 'Event', severity: 'Warning', subject, reason: 'SensorCritical' },
      message: 'fan 3 turns at 0 rpm, which is less than it may',
    };
    await page.route('**/api/v1/search**', (route) => route.fulfill({ json: { items: [found], next: 'c' } }));
    const written = {
      ...{ at: ago(5), id: 'a1', user: 'ann', verb: 'delete', resource: 'allocations', namespace: 'team-a' },
      ...{ name: 'training', path: '/api/v1/namespaces/team-a/allocations/training', dryRun: false },
      ...{ status: 403, outcome: 'Forbidden', message: 'no right to delete', requestId: 'r-1' },
      details: { from: { address: '10.0.0.3', by: 'Session', agent: 'Mozilla/5.0 (X11; Linux x86_64)' } },
    };
    const done = { ...written, id: 'a2', outcome: 'Done', status: 200, message: undefined };
    await page.route('**/history/audit**', (route) => route.fulfill({ json: { items: [written, done] } }));
  }

  /** A machine that greets; the answer is what it was told, piece by piece. */
  async function mockConsole(page: Page): Promise<string[]> {
    const typed: string[] = [];
    await page.routeWebSocket('**/console**', (socket) => {
      socket.onMessage((message) => typed.push(message.toString()));
      socket.send(JSON.stringify({ type: 'Hello', machine: 'm', rack: 'node-a', kind: 'Sol' }));
      socket.send(JSON.stringify({ type: 'Seat', mode: 'Interactive' }));
      socket.send(JSON.stringify({ type: 'Line', state: 'Open' }));
      socket.send(Buffer.from('\u001b[38;2;255;120;0morange\u001b[0m login: '));
    });
    return typed;
  }

  const ready = machineName(6);
  const pages = [
    ['/', 'Overview'],
    ['/machines', 'Machines'],
    [`/machines/${ready}`, ready],
    [`/machines/${ready}?tab=events`, ready],
    [`/machines/${ready}?tab=console`, ready],
    ['/allocate', 'Allocate'],
    ['/allocations', 'Allocations'],
    ['/allocations/default/training', 'training'],
    ['/networks', 'Networks'],
    ['/networks/subnets/provisioning-v4', 'provisioning-v4'],
    ['/images', 'Images'],
    ['/racks', 'Racks'],
    ['/search?q=fan', 'Search'],
    ['/audit', 'Audit'],
  ] as const;
  it.each([
    ['desktop', desktop, ['light', 'dark']],
    // Its colours are those of the desktop.
    ['phone', phone, ['light']],
  ] as const)(
    'is accessible and fits a %s, light and dark',
    async (device, size, themes) => {
      const { page, complaints, context } = await signedIn(operator, '/machines', size);
      await Promise.all([mockLeases(page), mockConsole(page), mockHistory(page)]);
      await page.reload();
      // The router has begun: from here on it sees when the address changes.
      await page.getByRole('heading', { level: 1, name: 'Machines', exact: true }).waitFor();
      for (const [path, heading] of pages) {
        // As a link does it: a page that is loaded anew takes longer.
        await page.evaluate(`history.pushState({}, '', ${JSON.stringify(path)})`);
        await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
        await until(
          'nothing is loading',
          async () => (await page.getByLabel(/^(Loading|Asking)/).count()) === 0,
        );
        for (const theme of themes) {
          await page.emulateMedia({ colorScheme: theme });
          const place = { path, theme };
          expect({ ...place, violations: await violations(page, theme === 'dark') }).toEqual({
            ...place,
            violations: [],
          });
          expect({ ...place, sideways: await sidewaysOverflow(page) }).toEqual({ ...place, sideways: 0 });
          await screenshot(page, `${device}-${theme}${path.replaceAll(/[/?=]/g, '-')}`);
        }
        await page.emulateMedia({ colorScheme: 'light' });
      }
      expect(complaints).toEqual([]);
      await context.close();
    },
    400_000,
  );

  it('loads 300 KiB of packed JavaScript or less for its first view', async () => {
    const { page, context } = await openTab(browser, server.url);
    const scripts = new Set<string>();
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (pathname.endsWith('.js')) scripts.add(pathname);
    });
    await page.goto('/sign-in?to=/machines');
    await enter(page, operator);
    await page
      .getByRole('link', { name: machineName(0) })
      .first()
      .waitFor();
    const assets = readdirSync(join(built, 'assets'));
    const sizes = [...scripts].map((path) => {
      const file = path.replace(/^\/assets\//, '');
      const folder = assets.includes(file) ? join(built, 'assets') : built;
      return gzipSync(readFileSync(join(folder, file.replace(/^\//, '')))).length;
    });
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(300 * 1024);
    await context.close();
  });
});
