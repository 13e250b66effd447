import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkDockerfile } from "../scripts/check-dockerfile.ts";

const root = join(import.meta.dirname, "..");
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
const lines = dockerfile.split("\n");
/** The place of the first image, as the lint tells it. */
const first = `:${lines.findIndex((line) => line.startsWith("FROM ")) + 1}: FROM`;
/** The same of its first command, where the line of its user is gone. */
const firstRun = `:${lines.findIndex((line) => line.startsWith("RUN "))}: RUN`;
const ignored = readFileSync(join(root, ".dockerignore"), "utf8");

describe("the lint of the Dockerfile", () => {
  test("finds nothing in ours", () => assert.equal(lint(dockerfile), ""));

  for (const [fault, text, wanted] of [
    [
      "a tag that moves",
      dockerfile.replace("node:24.21.0-bookworm-slim", "node:latest"),
      new RegExp(`${first} node:latest is not of one version`),
    ],
    [
      "no tag",
      dockerfile.replace("node:24.21.0-bookworm-slim", "node"),
      new RegExp(`${first} node is not of one version`),
    ],
    ["another Node", dockerfile.replace("24.21.0", "22.1.0"), /is not the project's Node/],
    ["root", dockerfile.replace("USER node\n", ""), new RegExp(`${firstRun} runs as root`)],
    [
      "a path that is gone",
      dockerfile.replace("node . .", "node wasm/gone ."),
      /copies wasm\/gone, which is not there/,
    ],
    ["a stage that is gone", dockerfile.replace("--from=build", "--from=built"), /copies from built/],
    ["no stage for make", dockerfile.replace("AS filter", "AS result"), /stage filter that the Makefile asks for/],
    [
      "a secret",
      dockerfile.replace("USER", "ARG NPM_TOKEN=npm_abcdefghijklmnopqrstuvwxyz0123456789\nUSER"),
      /has a secret/,
    ],
    ["a place for one", dockerfile.replace("USER", "ARG NPM_TOKEN\nUSER"), /place for one/],
    ["a script of the network", dockerfile.replace("npm ci", "curl -s https://a.example/x | sh"), /the network/],
    ["a file over several lines", `${dockerfile}ADD a \\\n  b\n`, new RegExp(`:${lines.length}: ADD`)],
    ["a word that is none", `${dockerfile}RUNN x\n`, /RUNN is no instruction/],
  ] as const)
    test(`tells of ${fault}`, () => {
      assert.notEqual(text, dockerfile);
      assert.match(lint(text), wanted);
    });

  test("tells of what would go into an image", () =>
    assert.match(lint(dockerfile, ignored.replace("**/*.pem\n", "")), /server\.pem is not left out/));
});

function lint(text: string, dockerignore = ignored): string {
  return checkDockerfile(text, dockerignore).join("\n");
}
