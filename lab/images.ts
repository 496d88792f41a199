import { buildDebian12, type Debian12Image } from '../images/debian-12/build.ts';
import { buildEphemeral, type EphemeralImage } from '../images/ephemeral/build.ts';

/** The files that the laboratory's BootImages name. */
export interface LabImages {
  ephemeral: EphemeralImage;
  debian12: Debian12Image;
}

/** Builds both images, or finds them in the cache: minutes the first time, a second later. */
export async function buildImages(): Promise<LabImages> {
  // One after the other: each keeps every core busy.
  const ephemeral = await buildEphemeral();
  const debian12 = await buildDebian12();
  return { ephemeral, debian12 };
}
