import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { skipWithoutKernel, watch } from "./support/kernel.ts";

const skip = await skipWithoutKernel();
const BURST = 3000;

describe("more than the ring has room for", { skip }, () => {
  test("it is counted to the byte, nothing false is shown, and what comes later is whole", async (context) => {
    const [port] = (await findFreePorts(1)) as [number];
    const server = startProgram(process.execPath, ["-e", SERVER, String(port)]);
    context.after(() => server.stop());
    await waitForPort(port);
    const seen = await watch(["--pid", String(server.child.pid), "--ring", "16384"]);
    const kept = connect(port, "127.0.0.1");
    let received = 0;
    kept.on("data", ({ length }) => {
      received += length;
    });
    const burst = Array.from({ length: BURST }, (_, i) => `GET /burst/${i} HTTP/1.1\r\nhost: x\r\n\r\n`).join("");
    kept.write(burst);
    for (let last = -1; last !== received || received === 0; await delay(500)) last = received;
    // On a connection of its own, and on the one of the burst.
    await ask(port, "/later");
    kept.write("GET /same HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(kept, "data");
    await delay(1000);
    kept.destroy();
    assert.equal(await seen.stop(), 0, seen.errors());
    const targets = seen.exchanges.map(({ request }) => request?.target);
    // By processor they are all, by connection those that belong to one.
    const [, sum, perCpu] = /had no room for (\d+) records \((.*)\)/.exec(seen.errors()) ?? [];
    const byCpu = [...(perCpu ?? "").matchAll(/cpu \d+: (\d+)/g)].map(([, count]) => Number(count));
    const lost = (seen.exchanges as unknown as Lost[]).filter(({ kind }) => kind === "lost");
    assert.ok(Number(sum) > 0 && byCpu.length > 0, seen.errors());
    assert.equal(
      byCpu.reduce((all, one) => all + one, 0),
      Number(sum),
    );
    const ofConnections = lost.reduce((all, { attributes }) => all + attributes["lost.events"], 0);
    assert.ok(ofConnections > 0 && ofConnections <= Number(sum), `${ofConnections} of ${sum}`);
    assert.ok(lost.every(({ attributes }) => attributes.pid === server.child.pid && attributes.connection > 0));
    const bytes = lost.reduce((all, { attributes }) => all + attributes.size, 0);
    assert.ok(targets.includes("/later") && targets.includes("/same"), `${targets.slice(-5)}`);
    for (const { request, response, quality } of seen.exchanges)
      if (quality === "complete") assert.equal(response?.body.text, request?.target, "each has its own answer");
    const [, entered, handled, dropped] =
      /^socket-bytes: (\d+) in = (\d+) handled \+ (\d+) dropped/m.exec(seen.errors()) ?? [];
    assert.ok(Number(dropped) > 0, seen.errors());
    assert.ok(bytes > 0 && bytes <= Number(dropped), `${bytes} of ${dropped} bytes`);
    assert.equal(Number(sum), Number(/^records:.*ring-full (\d+)/m.exec(seen.errors())?.[1]));
    assert.equal(Number(entered), Number(handled) + Number(dropped));
    const moved =
      burst.length + received + `GET /later HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`.length;
    assert.ok(Number(entered) > moved, `${entered} of at least ${moved} bytes`);
  });
});

function ask(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", path, agent: new Agent() }, (response) => response.resume().on("end", resolve)).on(
      "error",
      reject,
    );
  });
}

interface Lost {
  readonly kind: string;
  readonly attributes: {
    readonly "lost.events": number;
    readonly size: number;
    readonly pid: number;
    readonly connection: number;
  };
}

/** It answers with the target. */
const SERVER = `
require("node:http").createServer((q, r) => r.end(q.url)).listen(+process.argv[1], "127.0.0.1");
`;
