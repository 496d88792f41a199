import { decodeTftpAnswer } from '../../../src/rack/check/tftp-answer.ts';
import { isProbe, virtualName } from '../../../src/rack/tftp/names.ts';
import { defaultLimits, negotiate } from '../../../src/rack/tftp/negotiate.ts';
import { decodeTftp, encodeOptionAck } from '../../../src/rack/tftp/packet.ts';
import { Transfer, type TransferStep } from '../../../src/rack/tftp/transfer.ts';
import { attempt, bytesTarget, must, same, type Target } from '../target.ts';
import { capturedPackets } from './dhcp4.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Requests, and the other packets of a client. */
export const tftpPackets: Uint8Array[] = [
  ...capturedPackets('tftp-'),
  latin1('\0\x01undionly.kpxe\0octet\0blksize\x001468\0tsize\x000\0windowsize\x0016\0timeout\x003\0'),
  latin1('\0\x01\\Boot\\x64\\wdsnbp.com\0netascii\0'),
  latin1('\0\x02file\0octet\0'),
  latin1('\0\x04\0\x01'),
  latin1('\0\x05\0\x08User aborted the transfer\0'),
];

/** What a server sends. */
const tftpAnswers: Uint8Array[] = [
  latin1('\0\x06blksize\x001024\0tsize\x00200704\0'),
  latin1('\0\x03\0\x01some of a file'),
  latin1('\0\x05\0\x01no such file\0'),
];

function runPacket(bytes: Uint8Array): void {
  const packet = attempt(() => decodeTftp(bytes));
  if (packet?.op !== 'ReadRequest') return;
  const name = virtualName(packet.name);
  if (name !== undefined) {
    isProbe(name);
    must(!name.startsWith('/') && !name.split('/').includes('..'), 'a name that leads upwards');
  }
  const mode = packet.mode === 'netascii' ? 'netascii' : 'octet';
  const terms = negotiate(packet.options, mode, 1 << 20, defaultLimits, 1468);
  must(terms.blockSize >= 8 && terms.blockSize <= 1468, 'a block size that was not to be granted');
  must(terms.windowSize >= 1 && terms.windowSize <= 16, 'a window that was not to be granted');
  // RFC 2347: an OACK has nothing that was not asked for, and so it is no more than twice the request.
  for (const option of terms.accepted?.keys() ?? [])
    must(packet.options.has(option), 'an option that was not asked for');
  if (terms.accepted !== undefined)
    must(encodeOptionAck(terms.accepted).length <= 3 * bytes.length, 'an OACK that amplifies');
}

/** The first bytes are block size, window and length, the others a client that does what it wants: a timeout, or an ACK. */
function runTransfer(bytes: Uint8Array): void {
  const [blockSize = 0, window = 0, size = 0] = bytes;
  const terms = {
    blockSize: 8 + blockSize,
    windowSize: 1 + (window % 32),
    timeoutMs: 1000,
    backOff: window % 2 === 0,
    accepted: size % 2 === 0 ? undefined : new Map([['tsize', '1']]),
  };
  const content = new Uint8Array(size * 97);
  const transfer = new Transfer(content, terms, { resendsBeforeFirstAck: 2, resends: 6 });
  const check = (step: TransferStep): void => {
    if (step.kind !== 'Send') return;
    must(step.packets.length >= 1 && step.packets.length <= terms.windowSize, 'more packets than a window');
    must(
      step.packets.every(({ length }) => length <= terms.blockSize + 4),
      'more bytes than a block',
    );
    must(step.timeoutMs >= 1000 && step.timeoutMs <= 8000, 'a wait without bounds');
  };
  check(transfer.start());
  let silent = 0;
  for (let at = 3; at + 1 < bytes.length; at += 2) {
    const number = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const step = number % 5 === 0 ? transfer.timeout() : transfer.acknowledge(number % 64, number);
    silent = number % 5 === 0 ? silent + 1 : 0;
    must(silent <= 6 || step.kind === 'GiveUp', 'a silent client that is not given up');
    check(step);
    if (step.kind === 'Done' || step.kind === 'GiveUp') return;
  }
}

function runOptionAck(bytes: Uint8Array): void {
  const packet = attempt(() => decodeTftp(bytes));
  if (packet?.op === 'Error') must(!packet.message.includes('\0'), 'a message with a NUL');
  if (packet?.op === 'Ack') same(packet.block >= 0 && packet.block <= 0xffff, true, 'block');
}

export const tftpTargets: readonly Target[] = [
  bytesTarget('tftp-answer', tftpAnswers, (bytes) => {
    attempt(() => decodeTftpAnswer(bytes));
  }),
  bytesTarget(
    'tftp-packet',
    tftpPackets,
    (bytes) => {
      runPacket(bytes);
      runOptionAck(bytes);
    },
    {
      words: [
        'blksize\0',
        'windowsize\0',
        'tsize\0',
        'timeout\0',
        '65464\0',
        'octet\0',
        '../',
        '..\\',
        '\0\x01',
        '\xff',
      ],
    },
  ),
  bytesTarget(
    'tftp-transfer',
    [new Uint8Array(64), Uint8Array.from({ length: 200 }, (_, n) => n * 3)],
    runTransfer,
  ),
];
