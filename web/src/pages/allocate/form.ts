import type { AllocationSpec, Constraints } from '../../../../src/api/allocation/schema.ts';
import { parseDiskSize, parseMemory } from './sizes.ts';

export interface DiskRow {
  count: string;
  size: string;
  kind: '' | 'HDD' | 'SSD' | 'NVMe';
}

/** What is typed, as it is typed. */
export interface AllocateForm {
  namespace: string;
  name: string;
  image: string;
  hostname: string;
  cores: string;
  memory: string;
  nics: string;
  disks: readonly DiskRow[];
  architecture: '' | 'amd64' | 'arm64';
  pool: string;
  zone: string;
  tags: string;
  notTags: string;
  machine: string;
  sshKeys: string;
  userData: string;
  userDataSecret: string;
  erase: 'None' | 'Quick' | 'Full';
}

export const emptyForm: AllocateForm = {
  namespace: 'default',
  name: '',
  image: '',
  hostname: '',
  cores: '',
  memory: '',
  nics: '',
  disks: [],
  architecture: '',
  pool: '',
  zone: '',
  tags: '',
  notTags: '',
  machine: '',
  sshKeys: '',
  userData: '',
  userDataSecret: '',
  erase: 'Quick',
};

/** A field, or one of the disks: `disks.0`. */
export type FieldName = keyof AllocateForm | `disks.${number}`;
export type FieldErrors = Partial<Record<FieldName, string>>;

/** As far as it is filled in. */
type Partly<T> = { [K in keyof T]?: T[K] | undefined };

/** What a form says. */
export interface FormReading {
  /** Of what could be understood. */
  constraints: Partly<Constraints>;
  spec: Partly<Omit<AllocationSpec, 'constraints'>>;
  /** What is wrong. What is missing yet is in `missing`. */
  errors: FieldErrors;
  missing: FieldErrors;
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const objectName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const sshKey =
  /^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/=]+( [^\r\n]*)?$/;

/** Reads the form as far as it is filled in. */
export function readForm(form: AllocateForm): FormReading {
  const errors: FieldErrors = {};
  const missing: FieldErrors = {};
  const text = (field: 'pool' | 'zone' | 'machine' | 'hostname' | 'userDataSecret'): string | undefined => {
    const value = form[field].trim();
    if (value === '') return undefined;
    const pattern = field === 'machine' || field === 'userDataSecret' ? objectName : label;
    if (!pattern.test(value)) errors[field] = 'Lower case letters, digits and dashes.';
    return value;
  };
  const number = (field: 'cores' | 'nics', most: number): number | undefined => {
    const value = form[field].trim();
    if (value === '') return undefined;
    if (/^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= most) return Number(value);
    errors[field] = `A number from 1 to ${most}.`;
    return undefined;
  };
  const memoryMiB = form.memory.trim() === '' ? undefined : parseMemory(form.memory);
  if (form.memory.trim() !== '' && memoryMiB === undefined) errors.memory = 'A size, like 32 or 64 GiB.';
  const disks = form.disks.flatMap((row, at) => {
    const read = readDisk(row);
    if (typeof read !== 'string') return [read];
    errors[`disks.${at}`] = read;
    return [];
  });
  const sshKeys = linesOf(form.sshKeys);
  const wrongKey = sshKeys.findIndex((key) => !sshKey.test(key));
  if (wrongKey >= 0)
    errors.sshKeys = `Line ${wrongKey + 1} is no public key in the format of authorized_keys.`;
  const [tags, notTags] = [wordsIn(form.tags), wordsIn(form.notTags)];
  const both = tags.filter((tag) => notTags.includes(tag));
  if (both.length > 0) errors.notTags = `${both.join(', ')}: wanted and not wanted, so no machine can match.`;

  const constraints: FormReading['constraints'] = {
    architecture: form.architecture === '' ? undefined : form.architecture,
    cores: number('cores', 65_536),
    memoryMiB,
    nics: number('nics', 64),
    disks: disks.length === 0 ? undefined : disks,
    tags: tags.length === 0 ? undefined : tags,
    notTags: notTags.length === 0 || both.length > 0 ? undefined : notTags,
    pool: text('pool'),
    zone: text('zone'),
    machine: text('machine'),
  };
  identity(form, errors, missing);
  const secret = text('userDataSecret');
  const spec: FormReading['spec'] = {
    image: form.image === '' ? undefined : form.image,
    hostname: text('hostname'),
    sshKeys: sshKeys.length === 0 ? undefined : sshKeys,
    userDataSecret: secret ?? (form.userData.trim() === '' ? undefined : secretName(form)),
    erase: form.erase === 'Quick' ? undefined : form.erase,
  };
  return { constraints, spec, errors, missing };
}

/** What names it and what it runs: without these there is no Allocation. */
function identity(form: AllocateForm, errors: FieldErrors, missing: FieldErrors): void {
  if (form.image === '') missing.image = 'Choose an image.';
  for (const field of ['name', 'namespace'] as const) {
    const value = form[field].trim();
    if (value === '') missing[field] = `The Allocation needs a ${field}.`;
    else if (!label.test(value) || value.length > 63)
      errors[field] = 'Lower case letters, digits and dashes.';
  }
}

/** The Secret that is made of user data that was typed. */
export function secretName({ name }: Pick<AllocateForm, 'name'>): string {
  return `${name.trim() === '' ? 'allocation' : name.trim()}-user-data`;
}

/** A disk requirement, or what is wrong with it. */
function readDisk({ count, size, kind }: DiskRow): NonNullable<Constraints['disks']>[number] | string {
  const number = count.trim() === '' ? 1 : Number(count);
  if (!Number.isInteger(number) || number < 1 || number > 128) return 'How many: a number from 1 to 128.';
  const minSizeBytes = size.trim() === '' ? undefined : parseDiskSize(size);
  if (size.trim() !== '' && minSizeBytes === undefined) return 'A size, like 480 GB or 2 TB.';
  return { count: number, minSizeBytes, kind: kind === '' ? undefined : kind };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function wordsIn(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))];
}
