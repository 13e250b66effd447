import type { ElfFile, ElfFunction } from "./elf-file.ts";

/** https://go.dev/src/internal/abi/symtab.go: of Go 1.18 and 1.20 (the register ABI is older by one). */
const MAGICS: readonly number[] = [0xfffffff0, 0xfffffff1];

/**
 * Functions of a Go program by the table that its runtime needs, which no stripping takes away (`.gopclntab`).
 * Empty for other programs and for Go before 1.18.
 */
export function findGoFunctions(file: ElfFile, names: ReadonlySet<string>): ElfFunction[] {
  const table = file.section(".gopclntab") ?? file.section(".data.rel.ro.gopclntab");
  const text = file.section(".text");
  if (table === undefined || text === undefined) return [];
  const { bytes } = table;
  if (bytes.length < 72 || !MAGICS.includes(bytes.readUInt32LE(0)) || bytes[7] !== 8) return [];
  const word = (at: number): number => Number(bytes.readBigUInt64LE(at));
  const count = word(8);
  // Newer linkers leave the start of the text to the section's own address.
  const start = word(24) || text.address;
  const [namesAt, functionsAt] = [word(32), word(64)];
  if (functionsAt + 8 * count + 4 > bytes.length) return [];
  const found: ElfFunction[] = [];
  for (let index = 0; index < count && found.length < names.size; index++) {
    const entry = functionsAt + 8 * index;
    const address = bytes.readUInt32LE(entry);
    const facts = functionsAt + bytes.readUInt32LE(entry + 4);
    if (facts + 8 > bytes.length) continue;
    const nameAt = namesAt + bytes.readInt32LE(facts + 4);
    const end = bytes.indexOf(0, nameAt);
    if (end < 0 || end - nameAt > MAX_NAME) continue;
    const name = bytes.toString("latin1", nameAt, end);
    if (!names.has(name)) continue;
    const offset = file.offsetOf(start + address);
    if (offset !== undefined) found.push({ name, offset, size: bytes.readUInt32LE(entry + 8) - address });
  }
  return found;
}

const MAX_NAME = 64;

/**
 * Where a Go function returns, as offsets from its start: a probe at its return address would break the goroutine's stack, which
 * moves. On x86-64 what stands before each `ret` gives the frame back that the function took, with the same number; a byte that only
 * looks like a `ret` has not that before it. Empty where that cannot be told.
 */
export function findReturns(code: Uint8Array, architecture: NodeJS.Architecture): number[] {
  return architecture === "arm64" ? findArm64Returns(code) : findX64Returns(Buffer.from(code));
}

function findArm64Returns(code: Uint8Array): number[] {
  const words = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const found: number[] = [];
  for (let at = 0; at + 4 <= code.length; at += 4) if (words.getUint32(at, true) === 0xd65f03c0) found.push(at);
  return found;
}

/** `sub rsp, N` of the prologue, then every `add rsp, N; [pop rbp;] ret`. */
function findX64Returns(code: Buffer): number[] {
  const frame = findFrame(code);
  if (frame === undefined) return [];
  const found: number[] = [];
  for (const popsBase of [true, false]) {
    const epilogue = Buffer.concat([frame, Buffer.from(popsBase ? [0x5d, 0xc3] : [0xc3])]);
    for (let at = code.indexOf(epilogue); at >= 0; at = code.indexOf(epilogue, at + 1))
      found.push(at + epilogue.length - 1);
  }
  return found.sort((a, b) => a - b);
}

/** The bytes of `add rsp, N`. */
function findFrame(code: Buffer): Buffer | undefined {
  for (let at = 0; at + 7 <= Math.min(code.length, PROLOGUE_BYTES); at++) {
    if (code[at] !== 0x48 || code[at + 2] !== 0xec) continue;
    if (code[at + 1] === 0x83) return withCarry(Buffer.from([0x48, 0x83, 0xc4, code[at + 3]!]));
    if (code[at + 1] === 0x81) return Buffer.from([0x48, 0x81, 0xc4, ...code.subarray(at + 3, at + 7)]);
  }
  return undefined;
}

/** `sub rsp, -128` stands for `add rsp, 128`, which would be longer: then no epilogue is found, and that is told. */
function withCarry(add: Buffer): Buffer {
  return add[3] === 0x80 ? Buffer.from([0x48, 0x83, 0xec, 0x80]) : add;
}

const PROLOGUE_BYTES = 64;
