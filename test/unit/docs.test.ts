import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { agentFailures } from '../../src/api/agent/schema.ts';
import { kinds } from '../../src/api/crd/kinds.ts';
import { OperatorConfiguration } from '../../src/config/operator.ts';
import { RackConfiguration } from '../../src/config/rack.ts';
import { ServerConfiguration } from '../../src/config/server.ts';
import { importErrors } from '../../src/controllers/boot-image/errors.ts';
import { namedOptions } from '../../src/domain/dhcp/option-table.ts';
import { failureTable } from '../../src/domain/lifecycle/failures.ts';
import { powerErrors } from '../../src/rack/power/errors.ts';
import webPackageJson from '../../web/package.json' with { type: 'json' };

const repository = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const pages = [
  ...globSync('docs/**/*.md', { cwd: repository }),
  ...globSync('*.md', { cwd: repository }),
].sort();

describe('configuration.md', () => {
  const page = read('docs/reference/configuration.md');

  it.each([
    ['operator', OperatorConfiguration],
    ['rack', RackConfiguration],
    ['server', ServerConfiguration],
  ])('names every variable of the %s', (_, schema) => {
    const variables = Object.keys(schema.in.shape);
    expect(variables.length).toBeGreaterThan(5);
    expect(variables.filter((variable) => !page.includes(`\`${variable}\``))).toEqual([]);
  });

  it('names no variable that there is not', () => {
    const known = [OperatorConfiguration, RackConfiguration, ServerConfiguration].flatMap((schema) =>
      Object.keys(schema.in.shape),
    );
    const laboratory = ['METALWRIGHT_CACHE', 'METALWRIGHT_ALLOW_DOWNLOAD'];
    const commandLine = ['METALWRIGHT_SERVER', 'METALWRIGHT_SERVER_CA', 'METALWRIGHT_TOKEN'];
    const named = [...page.matchAll(/`(METALWRIGHT_[A-Z_]+)`/g)].map(([, name]) => name);
    expect(named.filter((name) => ![...known, ...laboratory, ...commandLine].includes(name ?? ''))).toEqual(
      [],
    );
  });
});

describe('troubleshooting.md', () => {
  it.each([
    ['of machines', Object.keys(failureTable)],
    ['of BMCs', Object.keys(powerErrors)],
    ['of the agent', [...agentFailures]],
    ['of BootImages', Object.keys(importErrors)],
  ])('has every reason %s', (_, reasons) => {
    const page = read('docs/guides/troubleshooting.md');
    expect(reasons.filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
  });
});

describe('dhcp-options.md', () => {
  const page = read('docs/reference/dhcp-options.md');

  it.each(Object.entries(namedOptions))('has %s with its code and kind', (name, { code, field }) => {
    expect(page).toContain(`| \`${name}\` | ${code} | \`${field}\``);
  });
});

describe('dependencies.md', () => {
  it('has every dependency, with its version', () => {
    const lines = read('docs/reference/dependencies.md').split('\n');
    const all = [packageJson, webPackageJson].flatMap(({ dependencies, devDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies }),
    );
    const missing = all.filter(
      ([name, version]) =>
        !lines.some((line) => line.startsWith(`| [${name}](`) && line.includes(`| ${version} |`)),
    );
    expect(missing).toEqual([]);
  });
});

describe('the pages', () => {
  it.each(pages)('%s links to files that are there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(
      ([, link]) => link ?? '',
    );
    expect(links.filter((link) => !existsSync(join(repository, dirname(page), link)))).toEqual([]);
  });
});

/** What GitHub calls the headings of a page: small letters, without marks, `-` for spaces, and a number for the second of a name. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  const text = read(page).replaceAll(/^( *)```.*?^ *```/gms, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.*)$/gm)) {
    const name = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    for (let number = 1; anchors.has(anchor); number += 1) anchor = `${name}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

describe('links to headings', () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, to = '', anchor = '']) => ({
      ...{ page, anchor },
      target: to === '' ? page : join(dirname(page), to),
    })),
  );

  it('are found', () => expect(links.length).toBeGreaterThan(20));

  it.each(pages)('of %s lead to headings that are there', (page) => {
    const own = links.filter((link) => link.page === page && link.target.endsWith('.md'));
    const lost = own.filter(({ target, anchor }) => !anchorsOf(target).has(anchor));
    expect(lost.map(({ target, anchor }) => `${target}#${anchor}`)).toEqual([]);
  });
});

const Manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), spec: z.unknown() });

/** The whole manifests of our kinds on a page; what a shell fills in, and what is left out by `…`, is made valid. */
function manifestsOn(page: string): z.infer<typeof Manifest>[] {
  const blocks = [...read(page).matchAll(/^(?:```yaml\n|kubectl .*<<'?YAML'?\n)(.*?)^(?:```|YAML)$/gms)];
  return blocks
    .flatMap(([, text = '']) =>
      parseAllDocuments(text.replaceAll('…', '').replace(/\$\([^)]*\)/g, 'ssh-rsa A')),
    )
    .map((document) => Manifest.safeParse(document.toJS()).data)
    .filter((manifest) => manifest !== undefined)
    .filter(({ apiVersion }) => apiVersion.startsWith('metalwright.dev/'));
}

/** Paths to everything in a value that is no object. */
function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe('the manifests on the pages', () => {
  const all = pages.flatMap((page) => manifestsOn(page).map((manifest) => ({ page, manifest })));

  it('are found', () => {
    expect(all.length).toBeGreaterThan(4);
  });

  it.each(all)('are what the schemas take: $manifest.kind in $page', ({ manifest }) => {
    const kind = kinds.find((candidate) => candidate.kind === manifest.kind);
    const parsed = kind?.properties.spec?.parse(manifest.spec);
    expect(leaves(parsed)).toEqual(expect.arrayContaining(leaves(manifest.spec)));
  });
});
