/**
 * `npm run bench [-- NAME…]`: runs every `bench/*.bench.ts` (or those whose names are given) one after the other. Each measures
 * against whatever peers are installed, in one run and as ratios, and says which are missing.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const wanted = process.argv.slice(2);
for (const file of readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".bench.ts"))
  .sort()) {
  if (wanted.length > 0 && !wanted.some((name) => file.startsWith(name))) continue;
  console.log(`\n== ${file.replace(".bench.ts", "")}`);
  const { status } = spawnSync(process.execPath, ["--expose-gc", join(import.meta.dirname, file)], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
