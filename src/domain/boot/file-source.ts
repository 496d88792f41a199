/**
 * Whether a file may be the source of an image: only what lies in a directory that was set aside for images, so that a
 * BootImage cannot be used to read other files of the operator or of a rack (OSSA-2025-001).
 *
 * @param path absolute and resolved: no symbolic link, no `..`
 */
export function isInside(directories: readonly string[], path: string): boolean {
  return directories.some((directory) => {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    return path.startsWith(prefix) && !path.split('/').includes('..');
  });
}
