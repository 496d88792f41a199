import type { NewObject } from '../../api/writes.ts';

/** What the form asks: an image of a whole disk at a web server. */
export interface ImageForm {
  name: string;
  os: string;
  release: string;
  architecture: string;
  url: string;
  /** Empty: pinned at the import. */
  digest: string;
}

export const emptyImage: ImageForm = {
  name: '',
  os: '',
  release: '',
  architecture: 'amd64',
  url: '',
  digest: '',
};

/** How the image is packed, by the end of its address. */
export function formatOf(url: string): 'Raw' | 'RawZstd' | 'RawGzip' {
  const path = url.replace(/[?#].*$/, '').toLowerCase();
  if (/\.zstd?$/.test(path)) return 'RawZstd';
  return /\.gz(ip)?$/.test(path) ? 'RawGzip' : 'Raw';
}

/** A digest as it was typed, with its algorithm; undefined: none was. What is none is left to the server to refuse. */
export function sha256Of(digest: string): string | undefined {
  const hex = digest.trim().toLowerCase();
  if (hex === '') return undefined;
  return /^[0-9a-f]{64}$/.test(hex) ? `sha256:${hex}` : hex;
}

/** The BootImage that the form describes. */
export function newImage({ name, os, release, architecture, url, digest }: ImageForm): NewObject {
  const expected = sha256Of(digest);
  return {
    metadata: { name: name.trim() },
    spec: {
      os: os.trim(),
      release: release.trim(),
      architecture,
      purpose: 'Disk',
      artifacts: [
        {
          role: 'Disk',
          format: formatOf(url.trim()),
          source: { http: { url: url.trim() } },
          ...(expected === undefined ? {} : { digest: expected }),
        },
      ],
    },
  };
}
