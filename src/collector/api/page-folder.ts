import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../../model/index.ts";

/**
 * The folder of the page's files. In a checkout they are built when they are missing or older than their sources; the package has
 * them.
 */
export async function pageFolder(logger: Logger): Promise<string> {
  const root = join(import.meta.dirname, "../../..");
  const [inPackage, inCheckout] = [join(root, "dist/page"), join(root, "scripts/build-page.ts")];
  if (existsSync(inCheckout)) {
    const { status, stderr } = spawnSync(process.execPath, [inCheckout, "--if-older"], { encoding: "utf8" });
    if (status !== 0)
      logger.warn({ error: stderr.trim().slice(-500) }, "the page could not be built: /api/v1 works without it");
  }
  return inPackage;
}
