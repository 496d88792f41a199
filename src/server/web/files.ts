import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** One file of the built UI, as it is sent. */
export interface WebFile {
  /** As in the address: `/assets/index-Bx20mlEz.js`. */
  path: string;
  mediaType: string;
  etag: string;
  /** Its name changes with its content, so browsers may keep it for good. */
  immutable: boolean;
  body: Buffer;
  /** The same, compressed; undefined where that gains nothing. */
  gzip?: Buffer;
  br?: Buffer;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

const compressed: readonly string[] = ['.html', '.js', '.css', '.svg', '.json'];
const smallestToCompress = 1_024;
/** Nine tenths of what the best quality saves, in a twentieth of its time. */
const brotliQuality = 6;

/** Reads the built UI into memory: some hundreds of KiB. Rejects with what the kernel said. */
export async function loadWebFiles(directory: string): Promise<WebFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && extname(entry.name) in mediaTypes)
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => {
      const address = path.slice(directory.length).replaceAll(sep, '/').replace(/^\/*/, '/');
      return webFile(address, await readFile(path));
    }),
  );
}

/** @param path in the address; its extension says the media type */
export async function webFile(path: string, body: Buffer): Promise<WebFile> {
  const extension = extname(path);
  const file: WebFile = {
    path,
    mediaType: mediaTypes[extension] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: path.startsWith('/assets/'),
    body,
  };
  if (!compressed.includes(extension) || body.length < smallestToCompress) return file;
  const [gzipped, brotli] = await Promise.all([
    promisify(gzip)(body),
    promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  ]);
  return { ...file, gzip: gzipped, br: brotli };
}
