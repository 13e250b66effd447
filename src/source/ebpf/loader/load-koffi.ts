import { TaplineError } from "../../../model/index.ts";

/**
 * Loads koffi, through which libc and libbpf are called: the one optional package of Tapline with native code.
 * @throws TaplineError (`configuration`) where it is not installed
 */
export async function loadKoffi(): Promise<typeof import("koffi")> {
  try {
    return (await import("koffi")).default as unknown as typeof import("koffi");
  } catch (error) {
    throw new TaplineError("configuration", "the optional package koffi is not installed, or not for this platform", {
      hint: "npm install koffi@3.3.4",
      cause: error,
    });
  }
}
