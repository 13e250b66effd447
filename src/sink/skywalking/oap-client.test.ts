import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { type Certificates, createCertificates } from "../../../test/support/certificates.ts";
import { skipUnless } from "../../../test/support/needs.ts";
import { startOapReceiver } from "../../../test/support/oap-receiver.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { formatError } from "../../model/index.ts";
import { createOapClient, type OapBackend } from "./oap-client.ts";

describe("TLS to a backend", { skip: skipUnless("openssl") }, () => {
  let folder: ReturnType<typeof makeTemporaryFolder>;
  let made: Certificates;
  before(() => {
    folder = makeTemporaryFolder();
    made = createCertificates(folder.path);
  });
  after(() => folder?.remove());

  /** Whether a backend, one that asks for certificates where `mutual`, takes a stream. */
  async function isTaken(context: TestContext, flags: Partial<OapBackend>, mutual: boolean): Promise<boolean> {
    const receiver = await startOapReceiver(context, 0, {
      cert: readFileSync(made.server.certificate),
      key: readFileSync(made.server.key),
      ...(mutual && { ca: readFileSync(made.authority), requestCert: true, rejectUnauthorized: true }),
    });
    const client = createOapClient({ ...PLAIN, address: `127.0.0.1:${receiver.port}`, tls: true, ...flags });
    const call = client.logs.collect(noMessages(), { timeoutMs: 10_000, headers: client.headers });
    const isDone = await call.then(
      () => true,
      () => false,
    );
    assert.deepEqual(receiver.authentication, isDone ? ["word"] : []);
    return isDone;
  }

  test("the authority that is named, the system's, or none", async (context) => {
    const { authority } = made;
    assert.ok(await isTaken(context, { authority }, false));
    assert.ok(!(await isTaken(context, {}, false)));
    assert.ok(!(await isTaken(context, { authority: made.stranger.certificate }, false)));
    assert.ok(await isTaken(context, { skipsVerification: true }, false));
  });

  test("a certificate of its own, where both of its files are named", async (context) => {
    const { authority, client, stranger } = made;
    assert.ok(await isTaken(context, { authority, ...client }, true));
    assert.ok(!(await isTaken(context, { authority }, true)));
    assert.ok(!(await isTaken(context, { authority, certificate: client.certificate }, true)));
    assert.ok(!(await isTaken(context, { authority, ...stranger }, true)));
  });

  test("files that are none of it are refused before there is a connection", () => {
    const words = join(folder.path, "words.txt");
    const empty = join(folder.path, "empty.pem");
    writeFileSync(words, "no certificate");
    writeFileSync(empty, "");
    const { client, stranger } = made;
    for (const [flags, says] of [
      [{ authority: join(folder.path, "none.pem") }, /none\.pem: there is no such file/],
      [{ authority: empty }, /empty\.pem: this file is empty/],
      [{ authority: words }, /words\.txt/],
      [{ certificate: words, key: client.key }, /words\.txt/],
      [{ certificate: client.certificate, key: words }, /words\.txt/],
      [{ certificate: client.certificate, key: stranger.key }, /a key that fits its certificate/],
    ] as const)
      assert.throws(
        () => createOapClient({ ...PLAIN, tls: true, ...flags }),
        (error) => says.test(formatError(error)),
        `${says}`,
      );
  });
});

const PLAIN: OapBackend = {
  address: "127.0.0.1:1",
  ...{
    tls: false,
    certificate: "",
    key: "",
    authority: "",
    skipsVerification: false,
    authentication: "word",
  },
};

async function* noMessages(): AsyncGenerator<never> {}
