import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * Builds a Go program of test/peers, once, into a cache outside of the checkout. Gives its path.
 *
 * @param folder in test/peers; its module pins what the program is made of
 * @param name of the binary, with the version of what it is made of
 * @param program the package; default the folder's own
 * @param modules of another version: a file in the folder in go.mod's form, with its sums beside it
 */
export async function buildGoPeer(folder: string, name: string, program = ".", modules = "go.mod"): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers");
  await mkdir(cache, { recursive: true });
  const binary = join(cache, name);
  // A large build must not take the machine from what runs beside it.
  const command = ["-n", "19", "go", "build", "-p", "2", `-modfile=${modules}`, "-o", binary, program];
  await promisify(execFile)("nice", command, { cwd: join(import.meta.dirname, "../peers", folder) });
  return binary;
}
