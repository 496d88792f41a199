import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { type Setting, startSetting } from '../server/setting.ts';
import {
  launch,
  openTab,
  phone,
  screenshot,
  sidewaysOverflow,
  signIn,
  type Tab,
  violations,
} from './browser.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** The browser, the real server with and without a place for files, and the real API server. */
describe('uploads in the web UI', () => {
  let setting: Setting;
  let server: ServerProcess;
  let browser: Browser;
  let token: string;
  let directory: string;
  const bytes = zstdCompressSync(randomBytes(10_000_000));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const file = { name: 'debian-12.raw.zst', mimeType: 'application/zstd', buffer: bytes };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-web-uploads-'));
    setting = await startSetting();
    server = await startServerProcess(setting.kubeconfigPath, {
      METALWRIGHT_UPLOADS_DIRECTORY: directory,
      METALWRIGHT_UPLOADS_URL: 'https://metalwright.example',
    });
    browser = await launch();
    token = await setting.token('librarian', {
      rules: [{ resources: ['*'], verbs: ['get', 'list', 'watch', 'create'] }],
    });
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await setting?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function openImages(url: string, button: 'Upload' | 'Import' = 'Upload'): Promise<Tab> {
    const tab = await openTab(browser, url, phone);
    await tab.page.goto('/sign-in?to=%2Fimages');
    await signIn(tab.page, token);
    await tab.page.getByRole('heading', { name: 'Images', level: 1 }).waitFor();
    await tab.page.getByRole('button', { name: button }).click();
    return tab;
  }

  it('make an image of a file, and lose nothing when a connection breaks or a name is taken', async () => {
    await setting.client.create(bootImageKind, {
      metadata: { name: 'debian-12' },
      spec: {
        ...{ os: 'debian', release: '12', architecture: 'amd64', purpose: 'Disk' },
        artifacts: [
          { role: 'Disk', format: 'Raw', source: { http: { url: 'https://images.example.com/debian-12' } } },
        ],
      },
    });
    const { page, context } = await openImages(server.url);
    let broken = 0;
    await page.route('**/api/v1/uploads/*?offset=*', async (route) => {
      if (broken++ > 0) await route.continue();
      else await route.abort('connectionreset');
    });
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('File').setInputFiles({ ...file, buffer: Buffer.from('QFI\xfb0000', 'latin1') });
    await dialog.getByText('qemu-img convert').waitFor();
    await dialog.getByLabel('File').setInputFiles(file);
    await dialog.getByText('qemu-img convert').waitFor({ state: 'detached' });
    expect(await dialog.getByLabel('Name').inputValue()).toBe('debian-12');
    await dialog.getByLabel('SHA-256').fill(digest);
    await dialog.getByRole('button', { name: 'Upload' }).click();

    await dialog.getByText('An object of this name is already there').waitFor();
    expect(broken).toBeGreaterThan(1);
    await dialog.getByRole('img', { name: '100 % sent' }).waitFor();
    expect(await dialog.getByLabel('System').inputValue()).toBe('debian');
    expect(await dialog.getByLabel('SHA-256').inputValue()).toBe(digest);
    expect(await sidewaysOverflow(page)).toBe(0);
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'image-upload-phone');

    const sent = broken;
    await dialog.getByLabel('Name').fill('debian-12-ours');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('debian-12-ours').waitFor();
    expect(broken).toBe(sent);
    const made = await setting.client.get(bootImageKind, 'debian-12-ours');
    expect(made?.spec).toMatchObject({ release: '12', artifacts: [{ format: 'RawZstd', digest }] });
    await context.close();
  });

  it('are asked for in the same words as an image of a web server, which needs no file', async () => {
    const { page, context } = await openImages(server.url, 'Import');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill('https://images.example.com/ours.raw.gz');
    await dialog.getByText('packed by gzip').waitFor();
    await dialog.getByLabel('Name').fill('ours');
    await dialog.getByLabel('System').fill('debian');
    await dialog.getByLabel('Release').fill('13');
    await dialog.getByLabel('Architecture').selectOption('arm64');
    await dialog.getByLabel('SHA-256').fill(digest.slice('sha256:'.length));
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Import' }).click();
    await dialog.waitFor({ state: 'detached' });
    const made = await setting.client.get(bootImageKind, 'ours');
    expect(made?.spec).toMatchObject({
      ...{ os: 'debian', release: '13', architecture: 'arm64' },
      artifacts: [
        { format: 'RawGzip', digest, source: { http: { url: 'https://images.example.com/ours.raw.gz' } } },
      ],
    });
    await context.close();
  });

  it('say what to set where the server has no place for files', async () => {
    const without = await startServerProcess(setting.kubeconfigPath);
    try {
      const { page, context } = await openImages(without.url);
      await page.getByRole('dialog').getByText('METALWRIGHT_UPLOADS_DIRECTORY').waitFor();
      await context.close();
    } finally {
      await without.stop();
    }
  });
});
