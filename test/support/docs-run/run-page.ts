/**
 * Runs the blocks of one page, in namespaces that this process has for itself, and prints a line of JSON for each:
 * `{"line":5,"done":"ran","problems":[]}`. Commands run in docs/sample; those of README and of the pages that speak of a checkout in
 * its root.
 *
 * usage: unshare -n -m node run-page.ts PAGE FOLDER [PEER]     with a peer: it is started, and the blocks that need it are run, and no others
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Block, readBlocks } from "./blocks.ts";
import { splitCommands } from "./commands.ts";
import { Running } from "./run-command.ts";
import { checkBalance, linesNotShown } from "./shape.ts";
import { World } from "./world.ts";

const [page = "", folder = "", peer] = process.argv.slice(2);
/** Their commands begin with `npm` or `bin/tapline`. */
const IN_THE_ROOT = ["README.md", "docs/getting-started.md", "docs/adding-a-protocol.md", "docs/reading-http.md"];

/** Commands that serve until they are stopped, and how they say that they are ready. One of a kind runs at a time: they want the same ports. */
const SERVICES = [
  { kind: "proxy", command: /\bnpm start\b|\btapline up\b/, ready: /stop +Ctrl-C/ },
  { kind: "proxy", command: /\btapline proxy\b(?!.*--mode validate)/, ready: /"msg":"listening"/ },
  { kind: "collector", command: /\btapline collector\b(?!.* (?:backup|restore) )/, ready: /Page and/ },
  { kind: "collector", command: /\btapline receive-traces\b/, ready: /listening on/ },
  { kind: "taps", command: /\btapline receive-taps\b/, ready: /listening on/ },
  { kind: "view", command: /\btapline view\b/, ready: /http:\/\// },
];
/** Commands that show things as they come. */
const LIVE =
  /^(?!timeout ).*(?:\btcpdump\b.* -i |\btapline read -i |\btapline tap |\bcurl -\w*N|\btapline monitor(?!.*--(?:input|check-alignment))|\btapline agent --show)/;

const world = new World(folder);
const blocks = readBlocks(page);
const all = blocks
  .filter(({ marks }) => !marks.has("needs"))
  .map(({ text, marks }) => `${text}\n${marks.get("shows") ?? ""}`)
  .join("\n");
if (/ -i eth0/.test(all)) world.addNeighbour();
world.ask([8080, 10000], /port 443|keys\.log/.test(all));
const stopPeer =
  peer === undefined ? undefined : await (await import("./start-peer.ts")).startPeer(peer, folder, world);

const cwd = IN_THE_ROOT.includes(page) ? world.checkout : world.sample;
const services = new Map<string, Running>();
/** The commands of the last block, with their output. */
let said: Running[] = [];

for (const block of blocks) {
  const problems: string[] = [];
  let done: string;
  try {
    done = await run(block, problems);
  } catch (error) {
    done = "failed";
    problems.push(String(error));
  }
  process.stdout.write(`${JSON.stringify({ line: block.line, done, problems })}\n`);
}
for (const kind of services.keys()) await stopService(kind, []);
await stopPeer?.();
world.close();
process.exit();

async function run(block: Block, problems: string[]): Promise<string> {
  const { language, text, marks } = block;
  if (marks.get("needs") !== peer) return peer === undefined ? "needs a peer" : "needs no peer";
  if (marks.has("file")) writeFileSync(join(cwd, marks.get("file")!), `${text}\n`);
  if (language === "sh") return runCommands(block, problems);
  if (language === "ts") return runProgram(text, problems);
  if (marks.has("shows")) return compare(text, await runWhole(marks.get("shows")!, problems, codesOf(block)), problems);
  if (language === "yaml" || language === "json") {
    const readFile = (path: string) => readFileSync(resolve(cwd, path));
    // Reading configurations takes most of the program: few pages need it.
    const { checkText } = await import("./check-text.ts");
    await checkText(language, text, readFile);
    return "checked";
  }
  if (text.startsWith("$ ")) {
    const [command, ...shown] = text.slice(2).split("\n");
    return compare(shown.join("\n"), await runWhole(command!, problems, codesOf(block)), problems);
  }
  const wrong = checkBalance(text);
  if (wrong !== undefined) {
    problems.push(...wrong.map((line) => `does not balance: ${line}`));
    return "checked";
  }
  if (said.length === 0) throw new Error("nothing ran before it, and it does not say what shows it");
  // Some lines come in their time: a status is told every ten seconds.
  const output = () => said.map((running) => running.output).join("\n");
  await said.at(-1)!.until(() => linesNotShown(text, output()).length === 0);
  return compare(text, output(), problems);
}

function compare(shown: string, output: string, problems: string[]): string {
  const missing = linesNotShown(shown, output);
  if (missing.length > 0)
    problems.push(`the output has no such lines:\n${missing.join("\n")}\nit is:\n${output.slice(0, 3000)}`);
  return "compared";
}

function codesOf({ marks }: Block): number[] {
  return (marks.get("exits") ?? "0").split(" ").map(Number);
}

async function runCommands(block: Block, problems: string[]): Promise<string> {
  said = [];
  const codes = codesOf(block);
  const started: string[] = [];
  for (const [at, { text }] of splitCommands(block.text).entries()) {
    // Packages are there: whoever runs this has installed them.
    const command = text.replace(/^npm ci && /, "");
    const service = SERVICES.find(({ command: pattern }) => pattern.test(command));
    if (service !== undefined) {
      started.push(command);
      await startService(command, service, problems);
    } else if (LIVE.test(command)) await watch(command, problems);
    else await runWhole(command, problems, codes.length === 1 ? codes : [codes[at]!]);
  }
  // The rest of the page speaks of the first, where a service stands there in several ways.
  const again = SERVICES.find(({ command }) => command.test(started[0] ?? ""));
  if (again !== undefined && started.length > 1 && started.every((one) => again.command.test(one)))
    await startService(started[0]!, again, problems);
  return "ran";
}

async function runWhole(command: string, problems: string[], [expected = 0]: readonly number[]): Promise<string> {
  const running = new Running(command, cwd, world.environment);
  said.push(running);
  const code = await running.end();
  if (code !== expected)
    problems.push(`${command}\nended with ${code} instead of ${expected}: ${running.output.slice(-3000)}`);
  return running.output;
}

async function startService(command: string, service: (typeof SERVICES)[number], problems: string[]): Promise<void> {
  await stopService(service.kind, problems);
  const running = new Running(command, cwd, world.environment);
  said.push(running);
  services.set(service.kind, running);
  // Each of several processes says so.
  const processes = Number(/--concurrency (\d+)/.exec(command)?.[1] ?? 1);
  const ready = new RegExp(service.ready, "g");
  if (!(await running.until(() => (running.output.match(ready)?.length ?? 0) >= processes))) {
    problems.push(`${command}\nwas not ready: ${running.output.slice(-3000)}`);
    services.delete(service.kind);
    await running.interrupt();
    return;
  }
  // Something has passed before what comes next looks for it.
  const before = world.answered;
  await running.until(() => world.answered >= before + 6);
}

async function stopService(kind: string, problems: string[]): Promise<void> {
  const running = services.get(kind);
  if (running === undefined) return;
  services.delete(kind);
  if (running.isOver) problems.push(`${running.text}\nended by itself: ${running.output.slice(-3000)}`);
  const code = await running.interrupt();
  if (code !== 0 && code !== 130) problems.push(`${running.text}\nended with ${code}: ${running.output.slice(-3000)}`);
}

/** Waits for what it shows, then ends it as a user does. One that is quiet until its end gets some requests to look at, more where it saw none. */
async function watch(command: string, problems: string[]): Promise<void> {
  const isQuiet = / -q| -w |--summary|tapline summary/.test(command.replace("-w - ", ""));
  for (let requests = 12; ; requests *= 4) {
    const running = new Running(command, cwd, world.environment);
    said.push(running);
    await running.until(() => !command.includes("tcpdump") || /listening on/.test(running.stderr));
    const before = world.answered;
    await running.until(() => (isQuiet ? world.answered >= before + requests : running.stdout !== ""));
    const code = running.isOver ? await running.end() : await running.interrupt();
    if (code !== 0 && code !== 130) problems.push(`${command}\nended with ${code}: ${running.output.slice(-3000)}`);
    if (running.stdout !== "" || / -q/.test(command)) return;
    if (!isQuiet || requests > 500) {
      problems.push(`${command}\nshowed nothing: ${running.stderr.slice(-3000)}`);
      return;
    }
    said.pop();
  }
}

async function runProgram(text: string, problems: string[]): Promise<string> {
  writeFileSync(join(world.checkout, "page.ts"), text);
  const running = new Running(`${process.execPath} page.ts`, world.checkout, world.environment);
  await running.until(() => running.stdout !== "");
  const code = running.isOver ? await running.end() : await running.interrupt();
  if (code !== 0 && code !== 130) problems.push(`the program ended with ${code}: ${running.output.slice(-3000)}`);
  if (running.stdout === "") problems.push("the program printed nothing");
  said = [running];
  return "ran";
}
