import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSeed, type SeedInput } from './seed.ts';

const input: SeedInput = {
  machine: 'm1',
  instanceId: '5c0b8a4e-0000-4000-8000-000000000001',
  hostname: 'web',
  sshKeys: ['ssh-ed25519 AAAA "quoted" a@b'],
  userData: undefined,
  rackUrl: 'http://192.0.2.7:8080/',
  token: 'tok_en-1',
};

/** The parts of vendor-data by content type. */
function parts(vendorData: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of vendorData.split(/^--==metalwright==(?:--)?$/m).slice(1, -1)) {
    const [head = '', ...body] = part.split('\n\n');
    found.set(/Content-Type: ([^;]+)/.exec(head)?.[1] ?? '', body.join('\n\n'));
  }
  return found;
}

describe('the seed', () => {
  it('names instance, host and keys in meta-data that is YAML because it is JSON', () => {
    expect(JSON.parse(makeSeed(input).metaData)).toEqual({
      'instance-id': input.instanceId,
      'local-hostname': 'web',
      'public-keys': input.sshKeys,
    });
  });
  it('is a cloud-config of its own where the user gives none, and else the user data as it is', () => {
    expect(makeSeed(input).userData).toMatch(/^#cloud-config\n/);
    expect(makeSeed({ ...input, userData: '#!/bin/sh\ntrue\n' }).userData).toBe('#!/bin/sh\ntrue\n');
  });
  it('is the same for the same input', () => {
    expect(makeSeed(input)).toEqual(makeSeed({ ...input }));
  });
  it.each([
    ['text/cloud-boothook', 'started'],
    ['text/x-shellscript', 'finished'],
  ])('has a part %s that calls %s and is a program that Python takes', (type, stage) => {
    const script = parts(makeSeed(input).vendorData).get(type) ?? '';
    expect(script).toMatch(/^#!\/usr\/bin\/env python3\n/);
    expect(script).toContain(`"http://192.0.2.7:8080/phone-home/v1/m1/tok_en-1/${stage}"`);
    const compiled = spawnSync('python3', ['-c', 'import sys; compile(sys.stdin.read(), "x", "exec")'], {
      input: script,
      encoding: 'utf8',
    });
    expect(compiled.stderr).toBe('');
    expect(compiled.status).toBe(0);
  });
});

describe('the programs of the seed', () => {
  it.each([
    ['text/cloud-boothook', 'started'],
    ['text/x-shellscript', 'finished'],
  ])('of type %s call %s until it is taken', async (type, stage) => {
    const calls: string[] = [];
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      calls.push(`${request.method} ${request.url}`);
      response.statusCode = calls.length === 1 ? 503 : 200;
      response.end();
      if (calls.length > 1) resolve();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const directory = mkdtempSync(join(tmpdir(), 'metalwright-seed-'));
    try {
      const { vendorData } = makeSeed({ ...input, rackUrl: `http://127.0.0.1:${port}` });
      const script = (parts(vendorData).get(type) ?? '').replaceAll('/var/lib/cloud/instance', directory);
      const child = spawn('python3', ['-c', script], { stdio: 'inherit' });
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
      await taken;
      expect(calls).toEqual(Array(2).fill(`POST /phone-home/v1/m1/tok_en-1/${stage}`));
      if (stage !== 'started') return;
      expect(existsSync(join(directory, 'metalwright-started'))).toBe(true);
      const again = spawnSync('python3', ['-c', script]);
      expect([again.status, calls.length]).toEqual([0, 2]);
    } finally {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
