import type { KubeObject } from '../kube/resource.ts';
import { serverError } from './errors.ts';

/** The entity tag of an object: its resource version. */
export function etagOf({ metadata }: KubeObject): string {
  return `"${metadata.resourceVersion ?? ''}"`;
}

/** Whether If-None-Match names the tag, by weak comparison (RFC 9110, 13.1.2). */
export function isNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const plain = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => plain(tag) === plain(etag));
}

/**
 * The resource version that If-Match names; undefined: any (`*`), or the header is missing. Errors: BadRequest for what is no
 * single strong entity tag.
 */
export function versionOfIfMatch(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const [, version] = /^"([0-9A-Za-z]{1,64})"$/.exec(header.trim()) ?? [];
  if (version === undefined) throw serverError('BadRequest', 'If-Match: one ETag as it was given, or *');
  return version;
}
