import { rename, writeFile } from 'node:fs/promises';

/** Writes a small file whole: a reader sees the old or the new content. @param mode permission bits */
export type WriteFile = (path: string, content: string, mode: number) => Promise<void>;

export const writeSystemFile: WriteFile = async (path, content, mode) => {
  await writeFile(`${path}.new`, content, { mode });
  await rename(`${path}.new`, path);
};
