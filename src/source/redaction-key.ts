import { readFileSync } from "node:fs";
import { describeReadError, TaplineError } from "../model/index.ts";

/** The key of the marks: a file's bytes, 16 or more, up to 1 MiB. @throws TaplineError (`usage`) where it cannot be one */
export function readRedactionKey(path: string): Uint8Array {
  let key: Uint8Array;
  try {
    key = readFileSync(path);
  } catch (cause) {
    throw new TaplineError("usage", `--redact-key ${path}: ${describeReadError(cause)}`, { hint: MAKE, cause });
  }
  if (key.length < 16 || key.length > 1024 * 1024)
    throw new TaplineError("usage", `--redact-key ${path}: ${key.length} bytes are no key`, { hint: MAKE });
  return key;
}

const MAKE = "make one: (umask 077; head -c 32 /dev/urandom > FILE)";
