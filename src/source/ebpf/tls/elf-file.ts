import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A function of an executable or a library: where it stands in the file, and its length (0: not known). */
export interface ElfFunction {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** Sections that are longer are not read: symbols of the largest programs take a tenth. */
const MAX_SECTION_BYTES = 512 * 1024 * 1024;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const PT_LOAD = 1;
const STT_FUNC = 2;

/** A 64-bit little-endian ELF file: its functions by name, and its sections. Only what is asked for is read. */
export class ElfFile {
  readonly #descriptor: number;
  readonly #sections: Section[];
  readonly #segments: { address: number; offset: number; size: number }[];
  /** The file's device and number: the same under any path. */
  readonly identity: string;

  private constructor(descriptor: number, header: Buffer) {
    this.#descriptor = descriptor;
    const { dev, ino } = fstatSync(descriptor);
    this.identity = `${dev}:${ino}`;
    this.#segments = this.#readSegments(header);
    this.#sections = this.#readSections(header);
  }

  /** Undefined for what is no such file, or cannot be read. To be closed. */
  static open(path: string): ElfFile | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, "r");
      const header = Buffer.alloc(64);
      if (
        readSync(descriptor, header, 0, 64, 0) === 64 &&
        header.readUInt32BE(0) === 0x7f454c46 &&
        header[4] === 2 &&
        header[5] === 1
      )
        return new ElfFile(descriptor, header);
    } catch {
      // It is told by who asks for it.
    }
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The functions with these names: exported ones first, and then, where some are missing, local ones. */
  findFunctions(names: ReadonlySet<string>): ElfFunction[] {
    const found = new Map<string, ElfFunction>();
    for (const type of [SHT_DYNSYM, SHT_SYMTAB])
      for (const section of this.#sections)
        if (section.type === type && found.size < names.size) this.#search(section, names, found);
    return [...found.values()];
  }

  section(name: string): { readonly address: number; readonly bytes: Buffer } | undefined {
    const section = this.#sections.find((one) => one.name === name);
    if (section === undefined || section.size > MAX_SECTION_BYTES) return undefined;
    return { address: section.address, bytes: this.#read(section.offset, section.size) };
  }

  /** Where an address of the program stands in the file. */
  offsetOf(address: number): number | undefined {
    const segment = this.#segments.find((one) => address >= one.address && address < one.address + one.size);
    return segment && address - segment.address + segment.offset;
  }

  /** Bytes of the file; fewer at its end. */
  read(offset: number, length: number): Buffer {
    return this.#read(offset, length);
  }

  #search(section: Section, names: ReadonlySet<string>, found: Map<string, ElfFunction>): void {
    const strings = this.#sections[section.link];
    if (strings === undefined || section.size > MAX_SECTION_BYTES || strings.size > MAX_SECTION_BYTES) return;
    const text = this.#read(strings.offset, strings.size);
    const symbols = this.#read(section.offset, section.size);
    const firsts = new Set([...names].map((name) => name.charCodeAt(0)));
    const longest = Math.max(...[...names].map(({ length }) => length));
    for (let at = 0; at + 24 <= symbols.length; at += 24) {
      const start = symbols.readUInt32LE(at);
      if ((symbols[at + 4]! & 15) !== STT_FUNC || !firsts.has(text[start]!)) continue;
      const end = text.indexOf(0, start);
      if (end - start > longest) continue;
      const name = text.toString("latin1", start, end);
      const address = Number(symbols.readBigUInt64LE(at + 8));
      if (address === 0 || !names.has(name) || found.has(name)) continue;
      const offset = this.offsetOf(address);
      if (offset !== undefined) found.set(name, { name, offset, size: Number(symbols.readBigUInt64LE(at + 16)) });
    }
  }

  #readSegments(header: Buffer): { address: number; offset: number; size: number }[] {
    const [start, entry, count] = [
      Number(header.readBigUInt64LE(32)),
      header.readUInt16LE(54),
      header.readUInt16LE(56),
    ];
    const bytes = this.#read(start, entry * count);
    const segments = [];
    for (let at = 0; at + 56 <= bytes.length; at += entry)
      if (bytes.readUInt32LE(at) === PT_LOAD)
        segments.push({
          offset: Number(bytes.readBigUInt64LE(at + 8)),
          address: Number(bytes.readBigUInt64LE(at + 16)),
          size: Number(bytes.readBigUInt64LE(at + 32)),
        });
    return segments;
  }

  #readSections(header: Buffer): Section[] {
    const start = Number(header.readBigUInt64LE(40));
    const [entry, count, names] = [header.readUInt16LE(58), header.readUInt16LE(60), header.readUInt16LE(62)];
    if (start === 0 || entry < 64) return [];
    const bytes = this.#read(start, entry * count);
    const sections: (Section & { nameAt: number })[] = [];
    for (let at = 0; at + 64 <= bytes.length; at += entry)
      sections.push({
        name: "",
        nameAt: bytes.readUInt32LE(at),
        type: bytes.readUInt32LE(at + 4),
        address: Number(bytes.readBigUInt64LE(at + 16)),
        offset: Number(bytes.readBigUInt64LE(at + 24)),
        size: Number(bytes.readBigUInt64LE(at + 32)),
        link: bytes.readUInt32LE(at + 40),
      });
    const table = sections[names];
    if (table === undefined || table.size > 1024 * 1024) return sections;
    const text = this.#read(table.offset, table.size);
    return sections.map(({ nameAt, ...section }) => ({
      ...section,
      name: text.toString("latin1", nameAt, text.indexOf(0, nameAt)),
    }));
  }

  #read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, length));
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(this.#descriptor, bytes, at, bytes.length - at, offset + at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  }
}
