import { z } from 'zod';

/** What every outlet that is switched by SNMP needs to know. */
export const snmpParameters = {
  outlet: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/)
    .describe('Number of the outlet that feeds the machine, from 1.'),
  version: z
    .enum(['1', '2c', '3'])
    .default('1')
    .describe('Of SNMP. 1 and 2c send the community in the clear; 3 needs username and authKey.'),
  authProtocol: z.enum(['MD5', 'SHA', 'SHA256', 'SHA512']).default('SHA').describe('Of version 3.'),
  privProtocol: z.enum(['DES', 'AES', 'AES256']).default('AES').describe('Of version 3, with privKey.'),
};

/** The keys of the Secret of a power distribution unit. */
export const snmpSecret = {
  required: [],
  optional: ['community', 'username', 'authKey', 'privKey'],
} as const;
