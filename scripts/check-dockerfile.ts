/**
 * The lint rules of the Dockerfile, which need no docker: images are of one version and Node's is the project's, what runs does so without
 * root, nothing in it is a secret, what is copied is there, and what may not go into an image is left out.
 *
 *     node scripts/check-dockerfile.ts
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { createNodeRedactor } from "../src/analysis/redaction/node-redactor.ts";

interface Instruction {
  readonly line: number;
  readonly word: string;
  readonly rest: string;
}

const root = join(import.meta.dirname, "..");
const redactor = createNodeRedactor();

if (import.meta.main) {
  const read = (name: string) => (existsSync(join(root, name)) ? readFileSync(join(root, name), "utf8") : "");
  const problems = checkDockerfile(read("Dockerfile"), read(".dockerignore"));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

/** The faults of a Dockerfile that stands in the project's root, each with its line. */
export function checkDockerfile(text: string, dockerignore: string): string[] {
  return [...checkInstructions(readInstructions(text)), ...checkIgnored(dockerignore)];
}

function readInstructions(dockerfile: string): Instruction[] {
  const instructions: Instruction[] = [];
  let text = "";
  let first = 0;
  for (const [at, line] of dockerfile.split("\n").entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    if (text === "") first = at + 1;
    text += ` ${line.trim()}`;
    if (text.endsWith("\\")) {
      text = text.slice(0, -1);
      continue;
    }
    const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*)$/.exec(text) ?? [];
    instructions.push({ line: first, word: word.toUpperCase(), rest });
    text = "";
  }
  return instructions;
}

function checkInstructions(instructions: readonly Instruction[]): string[] {
  const found: string[] = [];
  const stages: string[] = [];
  let user = "root";
  let isEmpty = true;
  for (const instruction of instructions) {
    const { line, word, rest } = instruction;
    const tell = (problem: string) => found.push(`Dockerfile:${line}: ${word} ${problem}`);
    const words = rest.split(/\s+/);
    const flags = words.filter((one) => one.startsWith("--"));
    const operands = words.filter((one) => !one.startsWith("--"));
    switch (word) {
      case "FROM": {
        const [image = "", as, name] = operands;
        const from = stages.includes(image) ? undefined : findFaultOfImage(image);
        if (from !== undefined) tell(from);
        if (as?.toUpperCase() !== "AS" || name === undefined) tell("has no name: FROM IMAGE AS NAME");
        else stages.push(name);
        isEmpty = image === "scratch";
        user = "root";
        break;
      }
      case "USER":
        user = operands[0] ?? "root";
        if (/^(?:root|0)(?::|$)/.test(user)) tell("is root: name another one");
        break;
      case "RUN":
      case "CMD":
      case "ENTRYPOINT":
        if (user === "root" && !isEmpty) tell("runs as root: a USER stands before it");
        if (/\bsudo\b|\|\s*(?:ba)?sh\b|\bapt-get (?:dist-)?upgrade\b|@latest\b|\bnpm (?:i|install)\b/.test(rest))
          tell(
            "does what is not the same twice, or asks for rights: sudo, a script from the network, an upgrade, npm install",
          );
        break;
      case "COPY":
        for (const fault of findFaultsOfCopy(flags, operands.slice(0, -1), stages)) tell(fault);
        break;
      case "WORKDIR":
        if (!rest.startsWith("/")) tell("is no absolute path");
        break;
      case "ADD":
        tell("fetches and unpacks: COPY does neither");
        break;
      case "ARG":
      case "ENV":
      case "EXPOSE":
      case "HEALTHCHECK":
      case "LABEL":
      case "STOPSIGNAL":
        break;
      default:
        tell("is no instruction that is known here");
    }
    if (
      redactor.text(rest) !== rest ||
      (/^(?:ARG|ENV)$/.test(word) && redactor.text(`${operands[0]?.split("=")[0]}=s3cr3tX9`).includes("redacted-"))
    )
      tell("has a secret, or a place for one: an image keeps it");
  }
  for (const [, target] of readFileSync(join(root, "Makefile"), "utf8").matchAll(/docker build .*--target (\S+)/g))
    if (!stages.includes(target!)) found.push(`Dockerfile: the stage ${target} that the Makefile asks for is missing`);
  return found;
}

function findFaultOfImage(image: string): string | undefined {
  if (image === "scratch" || /@sha256:[0-9a-f]{64}$/.test(image)) return undefined;
  const [, name, tag] = /^([^:]+)(?::(.+))?$/.exec(image) ?? [];
  if (tag === undefined || !/^\d+\.\d+\.\d+(?:-|$)/.test(tag))
    return `${image} is not of one version: NAME:1.2.3-…, or a digest`;
  const { node } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies;
  return name === "node" && !tag.startsWith(node) ? `${image} is not the project's Node, ${node}` : undefined;
}

function findFaultsOfCopy(flags: readonly string[], sources: readonly string[], stages: readonly string[]): string[] {
  const from = flags.find((flag) => flag.startsWith("--from="))?.slice("--from=".length);
  if (from !== undefined)
    return stages.slice(0, -1).includes(from) ? [] : [`copies from ${from}, which is no stage before it`];
  return sources
    .filter((source) => !existsSync(join(root, source)) && globSync(source, { cwd: root }).length === 0)
    .map((source) => `copies ${source}, which is not there`);
}

/** Into an image goes what is committed: not the repository, what was installed or built, nor keys. */
function checkIgnored(dockerignore: string): string[] {
  const patterns = dockerignore.split("\n").filter((line) => /^[^#\s]/.test(line));
  return [".git", ".env", "a/server.key", "server.pem", "node_modules", "dist"]
    .filter((file) => !patterns.some((pattern) => matchesGlob(file, pattern)))
    .map((file) => `.dockerignore: ${file} is not left out`);
}
