import { beforeEach, describe, expect, it } from 'vitest';
import type { PowerDriver } from '../driver.ts';
import { consoleTarget, sshTo } from '../testing/console-target.ts';
import { createWedgeConsole, printed, type SimulatedConsole } from '../testing/consoles.ts';
import { createWedgeDriver } from './driver.ts';

const { signal } = new AbortController();

describe('power of the microserver of a Wedge', () => {
  let board: SimulatedConsole;
  let ssh: ReturnType<typeof sshTo>;
  let driver: PowerDriver;

  beforeEach(() => {
    board = createWedgeConsole();
    ssh = sshTo(board);
    driver = createWedgeDriver(consoleTarget({}), ssh);
  });

  it('is switched, whatever the exit status of the script says', async () => {
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    await driver.close();
    expect(ssh.closed()).toBe(1);
  });

  it('is never reset, and has no boot device', async () => {
    await driver.on(signal);
    await expect(driver.setBootDevice('Network', signal)).rejects.toMatchObject({ code: 'BmcUnsupported' });
    expect(board.commands).toEqual(['/usr/local/bin/wedge_power.sh on']);
  });

  it.each([
    [
      'has no such script',
      { code: 127, stdout: '', stderr: 'sh: /usr/local/bin/wedge_power.sh: not found' },
      'BmcUnsupported',
    ],
    ['cannot do it', printed("FBDARWIN doesn't support SCM power control", 1), 'BmcUnsupported'],
    ['fails without a word', printed('', 1), 'BmcProtocolError'],
    ['is in the middle of a sequence', printed('Power sequencing is busy', 16), 'BmcBusy'],
  ])('is told when the board %s', async (_, answer, code) => {
    board.instead['/usr/local/bin'] = answer;
    await expect(driver.off(signal)).rejects.toMatchObject({ code });
    await expect(driver.status(signal)).rejects.toMatchObject({ code });
  });
});
