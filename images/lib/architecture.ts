/** What images are built for, by Debian's names. */
export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** The same by the names of Node and npm, and of the kernel and QEMU. */
export const namesOf = {
  amd64: { npm: 'x64', machine: 'x86_64' },
  arm64: { npm: 'arm64', machine: 'aarch64' },
} as const satisfies Record<Architecture, { npm: string; machine: string }>;

/**
 * The architecture of this computer.
 *
 * @throws Error where it is none of those that images are built for
 */
export function ownArchitecture(): Architecture {
  const own = architectures.find((each) => namesOf[each].npm === process.arch);
  if (own === undefined) throw new Error(`no image for ${process.arch}: one of ${architectures.join(', ')}`);
  return own;
}
