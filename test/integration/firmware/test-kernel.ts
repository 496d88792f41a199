/** What the kernel writes to the serial console when it runs. */
export const kernelGreeting = 'test kernel is running';

const bootSector = 0x1f1;
const entry16 = 0x280;
const message16 = 0x300;
const peHeader = 0x40;
const section = { file: 0x400, address: 0x1000, size: 0x200 } as const;
const fileSize = 0x600;

/**
 * A kernel of 1.5 KiB that BIOS loaders start as a bzImage (Linux x86 boot protocol, 2.06) and UEFI starts as a PE32+
 * program, as real kernels with an EFI stub are both. It writes `kernelGreeting` to the first serial port and halts.
 */
export function makeTestKernel(): Uint8Array {
  const bytes = Buffer.alloc(fileSize);
  writeBzImage(bytes);
  writePortableExecutable(bytes);
  return bytes;
}

function writeBzImage(bytes: Buffer): void {
  bytes.writeUInt8(1, bootSector); // setup_sects: one, behind the boot sector
  bytes.writeUInt16LE(0xaa55, 0x1fe);
  bytes.set([0xeb, entry16 - 0x202], 0x200); // jmp short over the header
  bytes.write('HdrS', 0x202, 'latin1');
  bytes.writeUInt16LE(0x0206, 0x206);
  bytes.writeUInt8(1, 0x211); // loadflags: LOADED_HIGH
  bytes.writeUInt32LE(0x100000, 0x214); // code32_start
  bytes.writeUInt32LE(0x37ffffff, 0x22c); // initrd_addr_max
  bytes.writeUInt32LE(2047, 0x238); // cmdline_size
  // mov si, message; mov dx, 0x3f8; next: lodsb; test al, al; jz halt; out dx, al; jmp next; halt: hlt; jmp halt
  const code = [0xbe, message16 & 0xff, message16 >> 8, 0xba, 0xf8, 0x03];
  bytes.set([...code, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xf4, 0xeb, 0xfd], entry16);
  bytes.write(`\r\n${kernelGreeting} (BIOS)\r\n\0`, message16, 'latin1');
}

function writePortableExecutable(bytes: Buffer): void {
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(peHeader, 0x3c);
  bytes.write('PE\0\0', peHeader, 'latin1');
  const coff = peHeader + 4;
  const directories = 6;
  const optionalSize = 112 + directories * 8;
  bytes.writeUInt16LE(0x8664, coff);
  bytes.writeUInt16LE(1, coff + 2); // sections
  bytes.writeUInt16LE(optionalSize, coff + 16);
  bytes.writeUInt16LE(0x022e, coff + 18); // executable, 64 bits; relocations are not stripped: there are none
  const optional = coff + 20;
  bytes.writeUInt16LE(0x020b, optional); // PE32+
  bytes.writeUInt32LE(section.size, optional + 4); // size of code
  bytes.writeUInt32LE(section.address, optional + 16); // entry
  bytes.writeUInt32LE(section.address, optional + 20); // base of code
  bytes.writeUInt32LE(0x1000, optional + 32); // section alignment
  bytes.writeUInt32LE(0x200, optional + 36); // file alignment
  bytes.writeUInt32LE(section.address + 0x1000, optional + 56); // size of image
  bytes.writeUInt32LE(section.file, optional + 60); // size of headers
  bytes.writeUInt16LE(10, optional + 68); // subsystem: EFI application
  bytes.writeUInt32LE(directories, optional + 108);
  const table = optional + optionalSize;
  bytes.write('.text', table, 'latin1');
  bytes.writeUInt32LE(section.size, table + 8);
  bytes.writeUInt32LE(section.address, table + 12);
  bytes.writeUInt32LE(section.size, table + 16);
  bytes.writeUInt32LE(section.file, table + 20);
  bytes.writeUInt32LE(0x60000020, table + 36); // code, executable, readable
  // lea rsi, [rip + 17]; mov dx, 0x3f8; next: lodsb; test al, al; jz halt; out dx, al; jmp next; halt: hlt; jmp halt
  const code = [0x48, 0x8d, 0x35, 15, 0, 0, 0, 0x66, 0xba, 0xf8, 0x03];
  bytes.set([...code, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xf4, 0xeb, 0xfd], section.file);
  bytes.write(`\r\n${kernelGreeting} (UEFI)\r\n\0`, section.file + 22, 'latin1');
}
