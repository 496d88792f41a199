/**
 * An address of a rack's admin endpoint that a token may be sent to: by TLS, or on this computer's loopback.
 *
 * @returns undefined where nothing would hide the token, and for what is no URL
 */
export function tokenSafeUrl(adminUrl: string, path: string): URL | undefined {
  if (!URL.canParse(adminUrl)) return undefined;
  const url = new URL(path, adminUrl);
  const isLoopback = /^(127\.[\d.]+|localhost|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback) ? url : undefined;
}
