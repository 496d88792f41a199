import { beginningBytes, notThatFormat, packingOf } from '../../../../src/domain/boot/disk-beginning.ts';
import type { ImageOfUpload } from '../../api/uploads.ts';
import { sha256Of } from './new-image.ts';

/** What the form asks of a file. */
export interface UploadForm {
  name: string;
  os: string;
  release: string;
  architecture: string;
  /** Empty: whatever comes. */
  digest: string;
}

export const emptyUpload: UploadForm = { name: '', os: '', release: '', architecture: 'amd64', digest: '' };

/** The form with what the name of a file says, where nothing was typed. */
export function filledBy(form: UploadForm, fileName: string): UploadForm {
  const name = fileName
    .toLowerCase()
    .replace(/(\.(raw|img))?(\.(zstd?|gz))?$/, '')
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  const [, os = '', release = ''] = /^([a-z][a-z0-9]*)-([0-9][^-]*)/.exec(name) ?? [];
  return {
    ...form,
    name: form.name || name,
    os: form.os || os,
    release: form.release || release,
  };
}

/** Why a file cannot be an image of a disk, in words; undefined: nothing speaks against it. */
export async function wrongWith(file: Blob): Promise<string | undefined> {
  if (file.size === 0) return 'The file is empty.';
  const beginning = new Uint8Array(await file.slice(0, beginningBytes).arrayBuffer());
  const mistaken = notThatFormat(beginning, packingOf(beginning));
  return mistaken === undefined ? undefined : `The file is ${mistaken}.`;
}

/** What the server is told. */
export function imageOfForm({ name, os, release, architecture, digest }: UploadForm): ImageOfUpload {
  const expected = sha256Of(digest);
  return {
    ...{ name: name.trim(), os: os.trim(), release: release.trim(), architecture },
    ...(expected === undefined ? {} : { digest: expected }),
  };
}
