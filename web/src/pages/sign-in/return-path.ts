/** Where to go after signing in: a path of this site, never another site (`//evil.example`, `/\evil.example`). */
export function returnPath(to: string | undefined): string {
  return to !== undefined && /^\/(?![/\\])/.test(to) && !to.startsWith('/sign-in') ? to : '/';
}
