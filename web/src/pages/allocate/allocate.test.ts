import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { AllocationSpec } from '../../../../src/api/allocation/schema.ts';
import { fieldErrorsOf } from './field-errors.ts';
import { type AllocateForm, emptyForm, readForm } from './form.ts';
import { allocationOf, manifestOf } from './manifest.ts';
import { parseDiskSize, parseMemory } from './sizes.ts';

const full: AllocateForm = {
  ...emptyForm,
  namespace: 'team-a',
  name: 'db',
  image: 'debian-12',
  hostname: 'db-1',
  cores: '16',
  memory: '64 GiB',
  nics: '2',
  disks: [
    { count: '2', size: '1.5 TB', kind: 'NVMe' },
    { count: '', size: '', kind: '' },
  ],
  architecture: 'amd64',
  pool: 'compute',
  zone: 'hall-a',
  tags: 'nvme, gpu nvme',
  notTags: 'hdd',
  sshKeys: 'ssh-ed25519 AAAAC3Nz me@here\n\n  ssh-ed25519 AAAAC3Nz you@there  ',
  erase: 'Full',
};

describe('sizes', () => {
  it.each([
    ['32', 32_768],
    ['32Gi', 32_768],
    ['0.5 GiB', 512],
    ['65536 MiB', 65_536],
    ['1T', 1_048_576],
    ['', undefined],
    ['many', undefined],
    ['0', undefined],
    ['12 kB', undefined],
  ])('memory %j is %j MiB', (text, mebibytes) => {
    expect(parseMemory(text)).toBe(mebibytes);
  });

  it.each([
    ['480', 480_000_000_000],
    ['480 GB', 480_000_000_000],
    ['2TB', 2_000_000_000_000],
    ['1 TiB', 1_099_511_627_776],
    ['-1', undefined],
    ['1 EB', undefined],
    ['999999999 PB', undefined],
  ])('a disk of %j is %j bytes', (text, bytes) => {
    expect(parseDiskSize(text)).toBe(bytes);
  });
});

describe('the form', () => {
  it('is an Allocation that the schema takes', () => {
    const { errors, missing } = readForm(full);
    expect({ errors, missing }).toEqual({ errors: {}, missing: {} });
    const { metadata, spec } = allocationOf(full);
    expect(metadata).toEqual({ name: 'db', namespace: 'team-a' });
    expect(AllocationSpec.parse(spec)).toMatchObject({
      image: 'debian-12',
      hostname: 'db-1',
      erase: 'Full',
      sshKeys: ['ssh-ed25519 AAAAC3Nz me@here', 'ssh-ed25519 AAAAC3Nz you@there'],
      constraints: {
        cores: 16,
        memoryMiB: 65_536,
        nics: 2,
        disks: [{ count: 2, minSizeBytes: 1_500_000_000_000, kind: 'NVMe' }, { count: 1 }],
        tags: ['nvme', 'gpu'],
        notTags: ['hdd'],
        pool: 'compute',
        zone: 'hall-a',
      },
    });
  });

  it('says what is missing, and that is no error yet', () => {
    const { errors, missing } = readForm(emptyForm);
    expect(errors).toEqual({});
    expect(Object.keys(missing).sort()).toEqual(['image', 'name']);
  });

  it.each([
    ['cores', { cores: '0' }],
    ['cores', { cores: 'many' }],
    ['memory', { memory: '3 apples' }],
    ['nics', { nics: '65' }],
    ['disks.0', { disks: [{ count: '0', size: '', kind: '' }] }],
    ['disks.1', { disks: [...full.disks.slice(1), { count: '', size: 'big', kind: '' }] }],
    ['sshKeys', { sshKeys: 'BEGIN PRIVATE KEY' }],
    ['notTags', { tags: 'gpu', notTags: 'gpu' }],
    ['pool', { pool: 'Not A Label' }],
    ['name', { name: 'Web_1' }],
  ] as const)('finds %s wrong in %j, and leaves the rest as it is', (field, change) => {
    const { errors, constraints } = readForm({ ...full, ...change });
    expect(Object.keys(errors)).toEqual([field]);
    expect(constraints.architecture).toBe('amd64');
  });
});

describe('the manifest', () => {
  it('is what the form would create', () => {
    const [document] = parseAllDocuments(manifestOf(full));
    expect(document?.toJS()).toMatchObject({
      apiVersion: 'metalwright.dev/v1alpha1',
      kind: 'Allocation',
      metadata: { name: 'db', namespace: 'team-a' },
      spec: { image: 'debian-12', constraints: { cores: 16 } },
    });
  });

  it('has a Secret for user data that was typed, and names one that is there', () => {
    const typed = parseAllDocuments(manifestOf({ ...full, userData: '#cloud-config\n' })).map((one) =>
      one.toJS(),
    );
    expect(typed).toMatchObject([
      { kind: 'Secret', metadata: { name: 'db-user-data' }, stringData: { userData: '#cloud-config\n' } },
      { spec: { userDataSecret: 'db-user-data' } },
    ]);
    const named = parseAllDocuments(manifestOf({ ...full, userData: 'x', userDataSecret: 'mine' }));
    expect(named.map((one) => one.toJS())).toMatchObject([{ spec: { userDataSecret: 'mine' } }]);
  });

  it('is there before the form is complete', () => {
    expect(manifestOf(emptyForm)).toContain('name: NAME');
  });
});

describe('what the server finds wrong', () => {
  it('stands at its field, the rest apart', () => {
    const { errors, rest } = fieldErrorsOf([
      { field: 'body.spec.constraints.memoryMiB', message: 'too large' },
      { field: 'body.spec.constraints.disks[1].minSizeBytes', message: 'negative' },
      { field: 'body.spec.sshKeys[0]', message: 'no key' },
      { field: 'body.metadata.name', message: 'taken' },
      { field: 'body.spec.priority', message: 'too high' },
    ]);
    expect(errors).toEqual({ memory: 'too large', 'disks.1': 'negative', sshKeys: 'no key', name: 'taken' });
    expect(rest).toEqual([{ field: 'body.spec.priority', message: 'too high' }]);
  });
});
