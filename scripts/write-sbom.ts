/**
 * Writes sbom.cdx.json, the bill of materials that goes into the package (CycloneDX, runtime dependencies only), from
 * package-lock.json by `npm sbom`. Runs when the package is made (`prepack`).
 *
 * `--omit dev` is not used: it leaves out what is a runtime dependency and one of a development dependency as well.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readInstalled } from "./dependencies/installed-packages.ts";

interface Sbom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: { name: string } };
  components: { "bom-ref": string; name: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const root = join(import.meta.dirname, "..");
const command = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
const sbom = JSON.parse(execFileSync("npm", command, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 })) as Sbom;

const { name, version, packages } = readInstalled(root);
const kept = new Set([
  `${name}@${version}`,
  ...[...packages].map(([path, facts]) => `${path.replace(/^.*node_modules\//, "")}@${facts.version}`),
]);
// The same sources give the same bytes.
delete sbom.serialNumber;
delete sbom.metadata.timestamp;
// npm names the component after the folder that it stands in.
sbom.metadata.component.name = name;
sbom.components = sbom.components.filter((component) => kept.has(component["bom-ref"]));
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((dependency) => kept.has(dependency)) }));
// A package that stands in several places of the tree is named once.
const wanted = kept.size - 1;
if (sbom.components.length !== wanted)
  throw new Error(`npm sbom names ${sbom.components.length} packages, package-lock.json ${wanted}`);

writeFileSync(join(root, "sbom.cdx.json"), `${JSON.stringify(sbom, undefined, 2)}\n`);
console.log(`sbom.cdx.json: ${sbom.components.length} packages`);
