import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ssh } from '../../lab/demo/ssh.ts';
import { tail } from '../../lab/process/daemon.ts';
import { firstByteLeft } from '../e2e/support/disk.ts';
import { firstLogin } from '../e2e/support/inside.ts';
import { launch } from '../integration/web/browser.ts';
import { consoleShows, findMachine, headOf, showsState } from './support/machine-view.ts';
import { openReception, type Reception } from './support/reception.ts';
import { type Visitor, welcome } from './support/visitor.ts';

const minutes = 60_000;
/** From an order to the end of its work, and of an install to the end of the first boot: machines may be emulated, beside other work. */
const boot = 15 * minutes;
const install = 30 * minutes;

const name = 'rack1-u4';
const allocation = 'web-1';
const tabs = ['Summary', 'Timeline', 'Network', 'Storage', 'Inventory', 'Events', 'Power & sensors', 'YAML'];
const places = ['Overview', 'Images', 'Racks', 'Search', 'Audit'];

/**
 * One person at a desk and one with a phone take a virtual machine from its approval to a login and back, by the web UI alone: the real
 * server, operator and rack. Every page is looked at by axe on its way, none is loaded anew.
 */
describe('people with browsers', { timeout: 45 * minutes }, () => {
  let reception: Reception;
  let browser: Browser;
  let desk: Visitor;
  let phone: Visitor;
  let failed = false;

  beforeAll(async () => {
    reception = await openReception(name);
    browser = await launch();
    desk = await welcome(browser, reception.url, 'desktop');
    phone = await welcome(browser, reception.url, 'phone');
  }, 20 * minutes);
  beforeEach(({ skip }) => {
    if (failed) skip('what comes before it has failed');
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    failed = true;
    await Promise.all([desk?.evidence(), phone?.evidence()]);
    const { kubectl } = reception.lab;
    const { stdout } = await kubectl.try('get', 'machine', name, '-o', 'jsonpath={.status}');
    console.log(`the machine: ${stdout}\nits console: ${tail(reception.machine.consolePath, 20)}`);
  });
  afterAll(async () => {
    await browser?.close();
    await reception?.down();
  });

  /** Every part of the machine's page, from that page. */
  async function lookAtMachine(visitor: Visitor): Promise<void> {
    for (const tab of tabs) {
      await visitor.choose(tab);
      await visitor.inspect(`machine-${tab.replaceAll(/\W+/g, '-').toLowerCase()}`);
    }
  }

  async function lookAround(visitor: Visitor): Promise<void> {
    for (const place of places) {
      await visitor.go(place);
      await visitor.inspect(place.toLowerCase());
    }
    await visitor.go('Networks');
    await visitor.inspect('networks');
    await visitor.press(visitor.page.getByRole('main').getByRole('link', { name: 'lab', exact: true }));
    await visitor.page.getByRole('img', { name: /^Addresses of / }).waitFor();
    await visitor.inspect('subnet');
  }

  async function openAllocation(visitor: Visitor): Promise<void> {
    await visitor.go('Allocations');
    await visitor.press(visitor.page.getByRole('link', { name: allocation, exact: true }));
    await headOf(visitor, allocation).waitFor();
  }

  /** What the form says of the machines, once it is so. */
  function machinesFit(visitor: Visitor, count: number) {
    return visitor.page.getByText(`${count} of ${reception.machines} machines fit`, { exact: true }).first();
  }

  it('come in by the link of the laboratory, and by a token', async () => {
    await desk.page.goto(reception.link);
    await desk.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    desk.settle();
    await desk.inspect('overview-at-first');

    await phone.page.goto('/');
    await phone.page.getByLabel('Token').fill(reception.token);
    await phone.inspect('sign-in');
    await phone.press(phone.page.getByRole('button', { name: 'Sign in' }));
    await phone.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    phone.settle();
    await phone.inspect('overview-at-first');
  });

  it('find the machine, approve it, and see it commissioned without a reload', async () => {
    await desk.go('Machines');
    await desk.inspect('machines-at-first');
    await findMachine(desk, name);
    await showsState(desk, name, 'New', minutes);
    await desk.inspect('machine-new');

    await phone.go('Allocate');
    await machinesFit(phone, 0).waitFor();
    await phone.inspect('allocate-nothing-fits');

    await desk.press(desk.page.getByRole('button', { name: 'Approve' }));
    await showsState(desk, name, 'Commissioning', minutes);
    await desk.inspect('machine-commissioning');
    await showsState(desk, name, 'Ready', boot);
    await machinesFit(phone, 1).waitFor();
  });

  it('order it to be commissioned once more, which the phone sees while it looks around', async () => {
    await phone.go('Machines');
    await phone.inspect('machines');
    await findMachine(phone, name);
    await showsState(phone, name, 'Ready', minutes);

    await desk.press(desk.page.getByRole('button', { name: 'Actions' }));
    await desk.press(desk.page.getByRole('menuitem', { name: /^Commission/ }));
    await desk.inspect('order');
    await desk.press(desk.page.getByRole('dialog').getByRole('button', { name: 'Commission' }));
    for (const visitor of [desk, phone]) await showsState(visitor, name, 'Commissioning', 2 * minutes);

    await lookAtMachine(phone);
    await phone.choose('Console');
    await consoleShows(phone, name, /\w{4,}/, boot);
    await phone.inspect('machine-console');
    await phone.choose('Summary');
    for (const visitor of [desk, phone]) await showsState(visitor, name, 'Ready', boot);
    await desk.page.getByText('Succeeded', { exact: true }).waitFor({ timeout: minutes });
    await phone.inspect('machine-ready');
    await lookAround(phone);
  });

  it('ask for a machine by the form, which says how many fit while it is filled in', async () => {
    const { page, press } = desk;
    const { key } = reception;
    await desk.go('Allocate');
    await page.getByLabel('Name', { exact: true }).fill(allocation);
    await page.getByLabel('Image').selectOption('debian-12');
    await page.getByLabel('SSH keys').fill(key.publicKey);
    await page.getByLabel('Cores, at least').fill('64');
    await machinesFit(desk, 0).waitFor();
    await page.getByText('No machine fits.').waitFor();
    await desk.inspect('allocate-too-much');
    await page.getByLabel('Cores, at least').fill('1');
    await machinesFit(desk, 1).waitFor();
    expect(await page.getByLabel('Manifest').innerText()).toContain(key.publicKey);
    await desk.inspect('allocate');
    await desk.picture('allocate');

    await press(page.getByRole('button', { name: 'Allocate', exact: true }));
    await showsState(desk, allocation, 'Deploying', 5 * minutes);
    await desk.inspect('allocation-deploying');
    await openAllocation(phone);
    await phone.inspect('allocation-deploying');
  });

  it('watch the install: what the machine says, its boot, its steps', async () => {
    const { page, press } = desk;
    await press(page.getByRole('main').getByRole('link', { name, exact: true }));
    await showsState(desk, name, 'Deploying', 5 * minutes);
    await desk.choose('Console');
    await consoleShows(desk, name, /installing on /, boot);
    await desk.inspect('machine-console');
    await press(page.getByRole('button', { name: 'Boot log' }));
    await consoleShows(desk, name, /the agent has opened its session/, minutes);
    await desk.inspect('machine-boot-log');

    await desk.choose('Timeline');
    await page
      .getByText('Write')
      .first()
      .waitFor({ timeout: 5 * minutes });
    await desk.picture('timeline');
    await lookAtMachine(desk);
    await desk.go('Machines');
    await desk.inspect('machines');
    await desk.picture('machines');
    await lookAround(desk);
  });

  it('see it deployed, and are let in by the key', async () => {
    await showsState(phone, allocation, 'Deployed', install);
    const command = phone.page.getByText(/^ssh debian@/);
    const address = (await command.innerText()).trim().replace('ssh debian@', '');
    expect(address).toMatch(/^\d+(\.\d+){3}$/);
    await phone.inspect('allocation-deployed');
    await phone.picture('phone');

    await openAllocation(desk);
    await showsState(desk, allocation, 'Deployed', minutes);
    await desk.inspect('allocation-deployed');
    const { key } = reception;
    await firstLogin(key, address, 10 * minutes);
    expect((await ssh(key, 'debian', address, 'hostname')).trim()).toBe(allocation);
    expect((await ssh(key, 'debian', address, 'cat ~/.ssh/authorized_keys')).trim()).toBe(key.publicKey);

    await desk.press(desk.page.getByRole('main').getByRole('link', { name, exact: true }));
    await showsState(desk, name, 'Deployed', minutes);
    await desk.choose('Console');
    await desk.page.getByText('Line open', { exact: true }).waitFor();
    // It may have said so long ago, when nobody looked: asked again, it answers again.
    await desk.page.getByRole('textbox', { name: `Keyboard of ${name}` }).focus();
    await desk.page.keyboard.press('Enter');
    await consoleShows(desk, name, / login:/, 5 * minutes);
    await desk.inspect('machine-console-deployed');
    await desk.picture('console');
  });

  it('release it with the phone, and see it erased and back in the pool', async () => {
    const { page, press } = phone;
    await press(page.getByRole('button', { name: 'Release' }));
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(allocation);
    await phone.inspect('release');
    await press(dialog.getByRole('button', { name: 'Release' }));
    await showsState(desk, name, 'Releasing|Erasing', 2 * minutes);
    await desk.inspect('machine-releasing');
    await page.getByText('There is no such Allocation').waitFor({ timeout: boot });
    await phone.inspect('allocation-gone');
    await showsState(desk, name, 'Ready', boot);
    expect(await firstByteLeft(reception.machine.diskPath)).toBeUndefined();
    await phone.go('Allocate');
    await machinesFit(phone, 1).waitFor();
    // By now it would be silent, had it said nothing since its start.
    await phone.go('Racks');
    await phone.page.getByText('1 of 1 well', { exact: true }).waitFor();
  });

  it('saw no error of a page, and no page that was loaded anew', () => {
    expect({ desk: desk.complaints(), phone: phone.complaints() }).toEqual({ desk: [], phone: [] });
  });
});
