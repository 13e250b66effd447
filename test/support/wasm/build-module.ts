/** Types of WebAssembly's values, and the opcodes that test modules use. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const op = {
  unreachable: [0x00],
  drop: [0x1a],
  end: [0x0b],
  get: (local: number): number[] => [0x20, ...unsigned(local)],
  call: (index: number): number[] => [0x10, ...unsigned(index)],
  i32: (value: number): number[] => [0x41, ...signed(value)],
  i64: (value: number): number[] => [0x42, ...signed(value)],
  /** Loops for ever. */
  spin: [0x03, 0x40, 0x0c, 0x00, 0x0b],
  /** Adds so many pages of memory. */
  grow: (pages: number): number[] => [0x41, ...signed(pages), 0x40, 0x00],
} as const;

export interface TestFunction {
  readonly name: string;
  readonly params?: readonly number[];
  readonly results?: readonly number[];
  /** Without its `end`. */
  readonly body?: readonly (readonly number[])[];
}

export interface TestModule {
  readonly imports?: readonly {
    readonly module?: string;
    readonly name: string;
    readonly params?: readonly number[];
    readonly results?: readonly number[];
  }[];
  /** All of them are exported. */
  readonly functions?: readonly TestFunction[];
  /** Not exported where it is false. */
  readonly memory?: boolean;
  /** Stands in memory from address 1024 on. */
  readonly data?: string;
}

export const DATA = 1024;

/** The functions that every filter has: the marker, an allocator that gives out 65536 and up, never again the same. */
export const BASICS: readonly TestFunction[] = [
  { name: "proxy_abi_version_0_2_0" },
  { name: "malloc", params: [I32], results: [I32], body: [op.i32(4096)] },
];

/** A WebAssembly module, byte by byte. Functions are numbered from the imports on. */
export function buildModule({ imports = [], functions = [], memory = true, data = "" }: TestModule): Uint8Array {
  const types = [...imports, ...functions].map(({ params = [], results = [] }) => [
    0x60,
    ...vector(params),
    ...vector(results),
  ]);
  const exports = functions.map(({ name }, at) => [...text(name), 0x00, ...unsigned(imports.length + at)]);
  if (memory) exports.push([...text("memory"), 0x02, 0x00]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(
      2,
      imports.map(({ module = "env", name }, at) => [...text(module), ...text(name), 0x00, ...unsigned(at)]),
    ),
    ...section(
      3,
      functions.map((_, at) => unsigned(imports.length + at)),
    ),
    ...section(5, [[0x00, 0x01]]),
    ...section(7, exports),
    ...section(
      10,
      functions.map(({ body = [] }) => {
        const code = [0x00, ...body.flat(), ...op.end];
        return [...unsigned(code.length), ...code];
      }),
    ),
    ...(data === "" ? [] : section(11, [[0x00, ...op.i32(DATA), ...op.end, ...text(data)]])),
  ]);
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  if (items.length === 0) return [];
  const content = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(content.length), ...content];
}

function vector(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return vector([...Buffer.from(value, "latin1")]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left & 127;
    left >>>= 7;
    bytes.push(left === 0 ? low : low | 128);
  } while (left !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (;;) {
    const low = left & 127;
    left >>= 7;
    const isLast = (left === 0 && (low & 64) === 0) || (left === -1 && (low & 64) !== 0);
    bytes.push(isLast ? low : low | 128);
    if (isLast) return bytes;
  }
}
