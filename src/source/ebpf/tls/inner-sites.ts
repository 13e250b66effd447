/** Places inside of a function that are watched instead of its beginning and its return. */
export interface InnerSites {
  /** Where it calls the function that does the work: as SSL_read_ex, with a place for the number of bytes. */
  readonly call: number;
  /** The jump after that, where its result is known. */
  readonly result: number;
}

/**
 * Finds what SSL_read and SSL_write of OpenSSL 1.1.1 to 3.x are where a compiler keeps the stack by a guard: a check of the length, a call of
 * `ssl_read_internal(ssl, buffer, length, &bytes)`, a look at its result. Its own first instruction cannot be emulated by the kernel, which
 * costs ten times as much as that call and that jump, which can. Undefined for any other code: then the beginning is watched.
 */
export function findInnerSites(code: Uint8Array): InnerSites | undefined {
  const text = Buffer.from(code).toString("latin1");
  const found = GUARDED.exec(text);
  if (found === null) return undefined;
  const call = found[1]!.length;
  return { call, result: call + CALL_AND_TEST };
}

/**
 * Where the function begins that SSL_read or SSL_read_ex (SSL_write, …) calls for its work, from the beginning of the code on; both forms call
 * the same. Undefined for any other code, as where a compiler has put that function into it.
 */
export function findInnerFunction(code: Uint8Array): number | undefined {
  const text = Buffer.from(code).toString("latin1");
  const found = GUARDED.exec(text) ?? PASSED_ON.exec(text);
  if (found === null) return undefined;
  const call = found[1]!.length;
  return call + CALL + Buffer.from(code).readInt32LE(call + 1);
}

/**
 * Where a function can be watched for little, from its beginning on, as if it were that: the stack and the arguments are what they were, and
 * the kernel emulates the instruction. Undefined where it begins with something else.
 */
export function findCheapStart(code: Uint8Array): number | undefined {
  return CHEAP_START.exec(Buffer.from(code).toString("latin1"))?.[1]?.length;
}

/** `call` with four bytes. */
const CALL = 5;

/** `call` with four bytes, and `test %eax,%eax`. */
const CALL_AND_TEST = 7;

/** endbr64 and test %rdi,%rdi, perhaps; then push of %rax to %rdi, or of %r8 to %r15, or je. */
const CHEAP_START = /^((?:\xf3\x0f\x1e\xfa)?(?:\x48\x85\xff)?)(?:[\x50-\x57]|\x41[\x50-\x57]|\x74|\x0f\x84)/s;

/** sub $0x8,%rsp; then call: the arguments are passed on as they are. */
const PASSED_ON = /^((?:\xf3\x0f\x1e\xfa)?\x48\x83\xec\x08)\xe8.{4}/s;

/**
 * sub $0x18,%rsp; mov %fs:0x28,%rax; mov %rax,0x8(%rsp); xor %eax,%eax; test %edx,%edx; js; mov %rsp,%rcx; movslq %edx,%rdx; then
 * call; test %eax,%eax; jle.
 */
const GUARDED =
  /^((?:\xf3\x0f\x1e\xfa)?\x48\x83\xec\x18\x64\x48\x8b\x04\x25\x28\x00\x00\x00\x48\x89\x44\x24\x08\x31\xc0\x85\xd2(?:\x78.|\x0f\x88.{4})\x48\x89\xe1\x48\x63\xd2)\xe8.{4}\x85\xc0(?:\x7e|\x0f\x8e)/s;
