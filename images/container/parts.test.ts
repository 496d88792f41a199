import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const Parts = z.object({
  components: z.array(z.object({ name: z.string(), author: z.string().optional() })),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

const lock = {
  packages: {
    '': { name: 'whole', version: '1.0.0' },
    'node_modules/server': { version: '1.0.0' },
    'node_modules/server/node_modules/plain': { version: '2.0.0' },
    'node_modules/tool': { version: '1.0.0', dev: true },
    'node_modules/web': { link: true },
    'node_modules/native-x64': { version: '1.0.0', os: ['linux'], cpu: ['x64'] },
    'node_modules/native-arm64': { version: '1.0.0', os: ['linux'], cpu: ['arm64'] },
    'node_modules/native-arm64-musl': { version: '1.0.0', cpu: ['arm64'], libc: ['musl'] },
    'node_modules/native-mac': { version: '1.0.0', os: ['darwin'], cpu: ['arm64'] },
    'node_modules/not-windows': { version: '1.0.0', os: ['!win32'] },
    'node_modules/not-linux': { version: '1.0.0', os: ['!linux'] },
  },
};

function listOf(names: Record<string, string>, author?: string) {
  const refs = Object.entries(names).map(([name, version]) => `${name}@${version}`);
  return {
    components: Object.entries(names).map(([name, version]) => ({
      ...{ 'bom-ref': `${name}@${version}`, name, version },
      ...(author === undefined ? {} : { author }),
    })),
    dependencies: [
      { ref: 'whole@1.0.0', dependsOn: refs },
      { ref: 'server@1.0.0', dependsOn: refs.filter((ref) => ref.startsWith('native')) },
    ],
  };
}

describe('the parts list of an image', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'metalwright-parts-'));
    const everywhere = { server: '1.0.0', plain: '2.0.0', tool: '1.0.0', 'not-windows': '1.0.0' };
    const installed = listOf({ ...everywhere, 'native-x64': '1.0.0' }, 'somebody');
    const platforms = ['x64', 'arm64', 'arm64-musl', 'mac'].map((name) => [`native-${name}`, '1.0.0']);
    const locked = listOf({ ...everywhere, ...Object.fromEntries(platforms), 'not-linux': '1.0.0' });
    for (const [name, content] of Object.entries({ lock, installed, locked })) {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const partsFor = (cpu: string) => {
    const paths = ['lock', 'installed', 'locked'].map((name) => join(folder, `${name}.json`));
    const [lockPath = '', ...lists] = paths;
    const script = join(import.meta.dirname, 'parts.ts');
    const output = execFileSync(process.execPath, [script, lockPath, cpu, ...lists], { encoding: 'utf8' });
    return Parts.parse(JSON.parse(output));
  };

  it.each(['x64', 'arm64'])(
    'has for %s what runs on Linux with glibc there, and Node, and no tool',
    (cpu) => {
      const { components } = partsFor(cpu);
      expect(components.map(({ name }) => name)).toEqual([
        ...[`native-${cpu}`, 'not-windows', 'plain', 'server', 'node'],
      ]);
    },
  );

  it('says of a part what is known where it is installed', () => {
    const authors = partsFor('arm64').components.map(({ name, author }) => [name, author]);
    expect(Object.fromEntries(authors)).toMatchObject({ server: 'somebody', 'native-arm64': undefined });
  });

  it('names dependencies among the parts alone', () => {
    expect(partsFor('arm64').dependencies).toEqual([
      {
        ref: 'whole@1.0.0',
        dependsOn: ['server@1.0.0', 'plain@2.0.0', 'not-windows@1.0.0', 'native-arm64@1.0.0'],
      },
      { ref: 'server@1.0.0', dependsOn: ['native-arm64@1.0.0'] },
    ]);
  });
});
