import { z } from 'zod';

/** What every controller that is reached over SSH needs to know. */
export const sshParameters = {
  legacyAlgorithms: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether SHA-1 signatures and key exchanges and CBC ciphers are taken, for old firmware.'),
};

/** Of the password and the private key, one must be there. */
export const sshSecret = {
  required: ['username', 'sshKnownHosts'],
  optional: ['password', 'sshPrivateKey'],
} as const;
