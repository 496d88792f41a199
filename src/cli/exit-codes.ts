/** What a process of `mw` ends with, for scripts. */
export const exitCodes = {
  ok: { code: 0, meaning: 'it was done, or shown' },
  failed: { code: 1, meaning: 'it failed; for `doctor`: something is wrong' },
  usage: { code: 2, meaning: 'the command line is wrong; nothing was done' },
  notFound: { code: 3, meaning: 'there is no such object' },
  timedOut: { code: 4, meaning: 'it did not come to its end within --timeout; it goes on without `mw`' },
  refused: {
    code: 5,
    meaning: 'the API server or the state of the machine refuses it: rights, rules, conflicts',
  },
  interrupted: { code: 130, meaning: 'it was interrupted by Ctrl-C' },
} as const;

export type Exit = keyof typeof exitCodes;
