import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../api/problem.ts';
import { type SendPort, sendFile } from './send-file.ts';
import { emptyUpload, filledBy, imageOfForm, wrongWith } from './upload-form.ts';

const mib = 1024 * 1024;
const broken = (code: string, status: number) =>
  new ProblemError({ code, status, title: 'title', detail: 'detail' });

/** A server that does as it is told: what a part brings, or what goes wrong and how much of it came all the same. */
function play(there: number, steps: readonly (ProblemError | undefined)[], cameOfBroken = 0) {
  const seen: string[] = [];
  const waits: number[] = [];
  let received = there;
  let step = 0;
  const port: SendPort = {
    received: async () => received,
    async put(offset, end, progress) {
      seen.push(`${offset / mib}-${end / mib}`);
      progress((end - offset) / 2);
      const wrong = steps[step++];
      received = wrong === undefined ? end : offset + cameOfBroken;
      if (wrong !== undefined) throw wrong;
      return received;
    },
    async wait(ms) {
      waits.push(ms);
    },
  };
  return { port, seen, waits };
}
const signal = new AbortController().signal;

describe('sending a file', () => {
  it('sends parts one after the other, and says how far it is', async () => {
    const { port, seen } = play(0, []);
    const told: number[] = [];
    await sendFile(20 * mib, port, (bytes) => told.push(bytes / mib), signal);
    expect(seen).toEqual(['0-8', '8-16', '16-20']);
    expect(told).toEqual([0, 4, 8, 12, 16, 18, 20]);
  });

  it('goes on with what is there', async () => {
    const { port, seen } = play(10 * mib, []);
    await sendFile(20 * mib, port, () => undefined, signal);
    expect(seen).toEqual(['10-18', '18-20']);
  });

  it('goes on where a connection broke', async () => {
    const { port, seen, waits } = play(0, [broken('Offline', 0)], 3 * mib);
    await sendFile(10 * mib, port, () => undefined, signal);
    expect(seen).toEqual(['0-8', '3-10']);
    expect(waits).toEqual([500]);
  });

  it('gives up in the end when nothing comes through', async () => {
    const { port, waits } = play(0, Array(9).fill(broken('Offline', 0)));
    await expect(sendFile(10 * mib, port, () => undefined, signal)).rejects.toThrow('detail');
    expect(waits).toHaveLength(5);
  });

  it.each([
    ['has no room', 'UploadsFull', 507],
    ['does not let it', 'Forbidden', 403],
    ['has forgotten it', 'NotFound', 404],
  ])('does not try again when the server %s', async (_what, code, status) => {
    const { port, seen } = play(0, [broken(code, status)]);
    await expect(sendFile(10 * mib, port, () => undefined, signal)).rejects.toMatchObject({
      problem: { code },
    });
    expect(seen).toHaveLength(1);
  });

  it('ends when it is stopped', async () => {
    const { port, seen } = play(0, []);
    const ending = new AbortController();
    const stop = new Error('stop');
    await expect(sendFile(20 * mib, port, () => ending.abort(stop), ending.signal)).rejects.toBe(stop);
    expect(seen).toHaveLength(1);
  });
});

describe('the form of an upload', () => {
  it.each([
    ['debian-12-amd64.raw.zst', { name: 'debian-12-amd64', os: 'debian', release: '12' }],
    ['Rocky_9.4.img.gz', { name: 'rocky-9.4', os: 'rocky', release: '9.4' }],
    ['disk.img', { name: 'disk', os: '', release: '' }],
    ['--.raw', { name: '', os: '', release: '' }],
  ])('takes from the name %s what it says', (fileName, filled) => {
    expect(filledBy(emptyUpload, fileName)).toMatchObject(filled);
  });

  it('leaves what was typed', () => {
    expect(filledBy({ ...emptyUpload, name: 'mine', release: '13' }, 'debian-12.raw')).toMatchObject({
      ...{ name: 'mine', os: 'debian', release: '13' },
    });
  });

  it('tells the server what was typed, without blanks and without what was not', () => {
    const form = { name: ' a ', os: 'debian ', release: '12', architecture: 'arm64', digest: '' };
    expect(imageOfForm(form)).toEqual({ name: 'a', os: 'debian', release: '12', architecture: 'arm64' });
    expect(imageOfForm({ ...form, digest: 'AB'.repeat(32) }).digest).toBe(`sha256:${'ab'.repeat(32)}`);
  });

  it.each([
    ['nothing', [], 'The file is empty.'],
    ['a disk', [0xeb, 0x63, 0x90], undefined],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd], undefined],
    [
      'xz',
      [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
      'The file is packed with xz: unpack it, or pack it with zstd.',
    ],
  ])('looks at a file that begins as %s', async (_what, bytes, wrong) => {
    expect(await wrongWith(new Blob([Uint8Array.from(bytes)]))).toBe(wrong);
  });
});
