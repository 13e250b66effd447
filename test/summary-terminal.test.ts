/** `tapline summary` on a terminal: drawn anew while more comes, and as wide as that is. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { EXCHANGE_CODEC } from "../src/analysis/protocols/index.ts";
import { documentLine } from "../src/wire/ndjson/index.ts";
import { displayWidth } from "../src/wire/text/display-width.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { skipUnless } from "./support/needs.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const { path: folder, remove } = makeTemporaryFolder();
after(remove);

const line = (i: number): string =>
  documentLine(
    EXCHANGE_CODEC.writeDocument(
      buildExchange({
        target: `/a-route-with-a-rather-long-name/${"abcdefghijklmnopqrstuvwxyz"[i % 26]}`,
        authority: "a-service-with-a-long-name.example",
        connection: { id: BigInt(i) },
      }),
    ),
  );

const CLEAR = "\u001b[H\u001b[J";

/** Runs a command of the shell on a terminal of so many columns and 12 lines. */
function onTerminal(command: string, columns = 80) {
  const child = spawn("script", ["-qec", `stty cols ${columns} rows 12; ${command}`, "/dev/null"], {
    env: { ...process.env, TERM: "xterm", TZ: "UTC" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const terminal = { shown: "", ended: once(child, "close"), child };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    terminal.shown += text;
  });
  return terminal;
}

describe("a summary on a terminal", { skip: skipUnless("script", "mkfifo"), timeout: 120_000 }, () => {
  test("is drawn anew while more comes, in as many lines as there are, and whole at the end", async (context) => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const terminal = onTerminal(`cat '${pipe}' | '${process.execPath}' '${MAIN}' summary - -q`);
    context.after(() => terminal.child.kill());
    const input = createWriteStream(pipe);
    let sent = 0;
    while (terminal.shown.split(CLEAR).length < 3 && sent < 600) {
      input.write(line(sent++));
      await setTimeout(100);
    }
    input.end();
    await terminal.ended;
    const drawn = terminal.shown.split(CLEAR);
    assert.ok(drawn.length >= 4, `${drawn.length - 1} times`);
    const counts = drawn.slice(1).map((text) => Number(/(\d+) requests?, /.exec(text)?.[1]));
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
    assert.equal(counts.at(-1), sent);
    for (const text of drawn.slice(1, -1)) assert.ok(text.split("\n").length <= 11, text);
    assert.ok(drawn.at(-1)!.split("\n").length > 12);
  });

  test("of a file comes once, without clearing what is there, and keys keep room beside the numbers", async () => {
    const file = join(folder, "file.ndjson");
    writeFileSync(file, Array.from({ length: 5 }, (_, i) => line(i)).join(""));
    const terminal = onTerminal(`'${process.execPath}' '${MAIN}' summary '${file}' -q --color never`);
    await terminal.ended;
    assert.ok(!terminal.shown.includes("\u001b"), JSON.stringify(terminal.shown));
    const lines = stripVTControlCharacters(terminal.shown).split(/\r?\n/);
    const titles = lines.findIndex((one) => one.startsWith("SERVICE"));
    assert.match(lines[titles]!, /^SERVICE {11,}ROUTE {13,} REQUESTS {2}ERRORS .*P99/);
    for (const row of lines.slice(titles, titles + 6)) assert.ok(row.length <= 80, row);
    assert.match(lines[titles + 1]!, /^a-service-with-\S*… {2}GET \/a-route-wi\S*…/);
  });

  test("gives no line of its table, time lines and examples more than the terminal has, where names are long and wide", async () => {
    const file = join(folder, "wide.ndjson");
    const parts = { target: `/${"日本".repeat(200)}`, authority: `${"h".repeat(300)}.example`, status: 503 };
    const exchanges = Array.from({ length: 100 }, (_, i) =>
      buildExchange({ ...parts, exchange: { times: { requestStart: { seconds: 1_769_860_800 + i, nanos: 0 } } } }),
    );
    writeFileSync(file, exchanges.map((one) => documentLine(EXCHANGE_CODEC.writeDocument(one))).join(""));
    for (const columns of [44, 100]) {
      const terminal = onTerminal(`'${process.execPath}' '${MAIN}' summary '${file}' -q`, columns);
      await terminal.ended;
      const lines = stripVTControlCharacters(terminal.shown).split(/\r?\n/);
      const own = lines.filter(
        (one) => /^(?:requests|errors) per |^SERV|^h+…/.test(one) || (columns > 90 && / {2}#\d/.test(one)),
      );
      assert.ok(own.length >= (columns > 90 ? 9 : 4), lines.join("\n"));
      for (const one of own) assert.ok(displayWidth(one) <= columns, `${displayWidth(one)} of ${columns}: ${one}`);
      // Stretches are joined alike: none looks as if nothing had been in it.
      assert.ok(!/^requests per .*·/m.test(lines.join("\n")), lines.join("\n"));
    }
  });
});
