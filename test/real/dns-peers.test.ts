import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Analyzer } from "../../src/analysis/analyzer.ts";
import type { DnsExchange } from "../../src/analysis/dns/dns-exchange.ts";
import { rowOf } from "../../src/analysis/protocols/index.ts";
import type { Exchange } from "../../src/model/index.ts";
import { openCapture } from "../../src/source/capture-file/index.ts";
import { dnsRcodeName } from "../../src/wire/dns/index.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { recordLoopback } from "../support/record-loopback.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { dissect, findNode } from "../support/tshark-fields.ts";

const tapline = join(import.meta.dirname, "../../bin/tapline");
const skip = skipUnless("named", "dig", "nsupdate", "tcpdump", "tshark");

const ZONE = String.raw`$TTL 300
@ IN SOA ns hostmaster 2026010101 7200 3600 1209600 300
@ IN NS ns
@ IN MX 10 mail
@ IN TXT "v=spf1 -all" "two \"quoted\" words; and \\ more" "\001\255"
@ IN CAA 0 issue "ca.example.org"
ns IN A 127.0.0.1
www IN A 192.0.2.1
www IN A 192.0.2.2
www IN AAAA 2001:db8::1
alias IN CNAME www
long IN CNAME alias
mail IN A 192.0.2.25
_sip._tcp IN SRV 10 60 5060 sip
sip IN NAPTR 100 10 "S" "SIP+D2U" "!^.*$!sip:info@example.test!" _sip._udp
host IN HINFO "ARM64" "Linux"
place IN LOC 42 21 54 N 71 06 18 W -24m 30m
svc IN HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
svc IN SVCB 0 pool.example.test.
_443._tcp.www IN TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ssh IN SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
uri IN URI 10 1 "https://www.example.test/path"
person IN RP ann.example.test. txt.example.test.
sub IN DNAME other.example.test.
key IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3
key IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
key IN CDS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
cert IN CERT 1 12345 8 AwEAAaz/tAm8yTn4
mac IN EUI48 00-00-5e-00-53-2a
mac IN EUI64 00-00-5e-ef-10-00-00-2a
afs IN AFSDB 1 afs-server.example.test.
kx IN KX 10 kx-host.example.test.
unknown IN TYPE65280 \# 4 0a000001
apl IN APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:2001:db8::/32
ipsec IN IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ipsec IN IPSECKEY 11 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ipsec IN IPSECKEY 12 3 2 gateway.example.test. AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ipsec IN IPSECKEY 13 2 2 2001:db8::8000 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
amt IN AMTRELAY 10 0 1 203.0.113.15
amt IN AMTRELAY 10 1 2 2001:db8::15
amt IN AMTRELAY 128 1 3 relays.example.test.
amt IN AMTRELAY 0 0 0 .
hip IN HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p rvs1.example.test. rvs2.example.test.
nsap IN NSAP 0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00
nsap IN NSAP-PTR host.example.test.
eid IN EID 12 89 AB
eid IN NIMLOC 12 89 CD
sink IN SINK 1 2 3 AQNRU3mG
doa IN DOA 1234567890 7 1 "image/gif" R0lGODlhKAAZAMIC
wks IN WKS 192.0.2.7 6 0 21 25 80
rkey IN RKEY 0 255 1 AQNRU3mG
nxt IN NXT a.example.test. NS SOA MX
six IN A6 64 ::ffff:0:1 prefix.example.test.
six IN A6 0 2001:db8::7
old IN X25 "4085"
old IN ISDN "150862028003217" "004"
old IN RT 0 relay.example.test.
old IN PX 65535 foo.example.test. bar.example.test.
old IN GPOS "-22.6882" "116.8652" "250.0"
old IN MB mb.example.test.
old IN MINFO r.example.test. e.example.test.
node IN NID 10 1014:4fff:ff20:ee64
node IN L32 10 1.2.3.4
node IN L64 10 1014:4fff:ff20:ee64
node IN LP 10 l64.example.test.
sm IN SMIMEA 3 0 0 308202c5308201ab
sm IN OPENPGPKEY AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
sm IN DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
sm IN SPF "v=spf1 -all"
sm IN AVC "foo:bar"
sm IN TALINK a.example.test. b.example.test.
sm IN NINFO "foo"
sm IN CSYNC 66 3 A NS AAAA
sm IN ZONEMD 2026010101 1 1 7dbf2ddd8d9e1b8cbabf58e37bdb64ed1a4e1ff1b3f4ddbe7ae1d1cb4c4cd2cc7dbf2ddd8d9e1b8cbabf58e37bdb64ed
sm IN NULL \# 1 00
svc2 IN HTTPS 16 foo.example.test. mandatory=alpn,port alpn="h2" no-default-alpn port=53 ech="AEP+DQA/" key667="hello"
svc2 IN SVCB 1 . key65000="x y"
sig IN RRSIG A 8 2 300 20300101000000 20200101000000 7 example.test. AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
*.wild IN A 192.0.2.77
a\.dot IN A 192.0.2.78
`;

/** Questions for dig, beside the server and the port. */
const ASKED: readonly (readonly string[])[] = [
  ...`ns www/A www/AAAA www/ANY alias/A long/A @/MX @/TXT @/CAA @/NS @/SOA _sip._tcp/SRV sip/NAPTR host/HINFO place/LOC svc/HTTPS
  svc/SVCB _443._tcp.www/TLSA ssh/SSHFP uri/URI person/RP sub/DNAME a.sub/A key/DNSKEY key/DS key/CDS cert/CERT mac/EUI48 mac/EUI64
  afs/AFSDB kx/KX apl/APL ipsec/IPSECKEY amt/AMTRELAY hip/HIP nsap/NSAP nsap/NSAP-PTR eid/EID eid/NIMLOC sink/SINK doa/DOA wks/WKS
  rkey/RKEY nxt/NXT six/A6 old/X25 old/ISDN old/RT old/PX old/GPOS old/MB old/MINFO node/NID node/L32 node/L64 node/LP sm/SMIMEA
  sm/OPENPGPKEY sm/DHCID sm/SPF sm/AVC sm/TALINK sm/NINFO sm/CSYNC sm/ZONEMD sm/NULL svc2/HTTPS svc2/SVCB sig/RRSIG
  unknown/TYPE65280 x.wild/A none/A none/AAAA www/MX a\\.dot/A WwW/A`
    .split(/\s+/)
    .map((question) => question.split("/") as [string, string?])
    .map(([name, type = "A"]) => [name === "@" ? "example.test" : `${name}.example.test`, type]),
  ["www.example.test", "A", "+tcp"],
  ["none.example.test", "A", "+tcp"],
  ["www.example.test", "A", "+noedns"],
  ["www.example.test", "A", "+dnssec", "+bufsize=512"],
  ["www.example.test", "A", "+norecurse", "+cdflag", "+adflag"],
  ["www.example.test", "A", "+nocookie", "+nsid"],
  ["www.example.test", "A", "+subnet=192.0.2.0/24"],
  ["www.example.test", "A", "+padding=128"],
  ["www.example.test", "A", "+ednsopt=65001:abcd"],
  ["elsewhere.invalid", "A"],
  ["version.bind", "TXT", "CH"],
  ["big.example.test", "TXT", "+ignore", "+bufsize=512"],
  ["big.example.test", "TXT", "+bufsize=512"],
  ["big.example.test", "TXT", "+bufsize=4096"],
  ["example.test", "AXFR"],
  ["example.test", "IXFR=1"],
  ["www.example.test", "A", "+opcode=NOTIFY"],
  ["www.example.test", "A", "+opcode=STATUS"],
  ["www.example.test", "A", "+keepopen", "+tcp", "www.example.test", "AAAA", "+keepopen", "+tcp"],
  ["-x", "192.0.2.1"],
  ["-x", "2001:db8::1"],
];

describe("DNS, as foreign programs speak it", { skip }, () => {
  const { path: folder, remove } = makeTemporaryFolder();
  let server: StartedProgram;
  let port: number;
  let capture: string;
  let exchanges: readonly DnsExchange[];
  const said: string[] = [];

  before(async () => {
    port = ((await findFreePorts(1)) as [number])[0];
    writeConfiguration(folder, port);
    server = startProgram("named", ["-g", "-c", join(folder, "named.conf"), "-p", String(port), "-n", "1"], {
      cwd: folder,
    });
    await waitForPort(port, 60);
    capture = await recordLoopback(folder, `port ${port}`, async () => {
      for (const asked of ASKED) said.push(await dig(port, ["+nosplit", ...asked]));
      await dig(port + 1, ["www.example.test", "+tries=2", "+timeout=1"]);
      const silent = `server 127.0.0.1 ${port}\nzone example.test\nupdate add added.example.test 60 A 192.0.2.99\nsend\n`;
      await runProgram("nsupdate", [], { input: silent });
    });
    const all: Exchange[] = [];
    const analyzer = new Analyzer({ emit: (exchange) => all.push(exchange) });
    await openCapture(capture, { observer: analyzer, ledger: analyzer.ledger });
    analyzer.finish();
    for (const book of analyzer.ledger.books) assert.equal(book.imbalance, 0);
    assert.equal(analyzer.budget.used, 0);
    assert.deepEqual(
      all.filter(({ kind }) => kind !== "dns"),
      [],
    );
    exchanges = all.filter((exchange): exchange is DnsExchange => exchange.kind === "dns");
  });

  after(async () => {
    await server?.stop();
    remove();
  });

  it("is at least 50 queries, each with its answer", () => {
    assert.ok(exchanges.length >= ASKED.length, `${exchanges.length}`);
    for (const exchange of exchanges) {
      assert.equal(exchange.quality, "complete", rowOf(exchange).operation(exchange));
      assert.deepEqual(exchange.problems, []);
    }
  });

  it("agrees with tshark on what was asked and answered, and on the times between them", async () => {
    const judged = await judge(capture, port);
    // An update's sections have other names, and tshark other fields for them.
    const compared = exchanges.filter(({ request }) => request?.message.opcode !== 5);
    const ours = compared.map((exchange) => {
      const { response } = exchange as Required<DnsExchange>;
      const { message } = response;
      const took = Math.round((seconds(exchange.times.responseStart!) - seconds(exchange.times.requestEnd!)) * 1e6);
      const name = message.questions[0]?.name ?? "";
      const flags = [message.authoritative, message.truncated, message.recursionDesired, message.recursionAvailable];
      const isTransfer = response.messages > 1;
      return [
        message.id,
        // tshark writes the bytes of labels as they are.
        name.replaceAll("\\", ""),
        dnsRcodeName(message.rcode & 15),
        flags.map(Number).join(""),
        ...(isTransfer
          ? ["transfer"]
          : [message.counts.answers, message.counts.authorities, message.counts.additionals, took]),
      ].join(" ");
    });
    assert.ok(judged.size >= 50);
    for (const line of ours)
      if (!line.endsWith("transfer")) assert.ok(judged.has(line), `${line}\n${[...judged].join("\n")}`);
    const known = new Set(exchanges.map(({ response }) => response!.message.id));
    for (const line of judged) assert.ok(known.has(Number.parseInt(line, 10)), line);
  });

  it("writes records as dig does", () => {
    const digs = new Set(said.flatMap(readRecords));
    const ours = exchanges.flatMap(({ response }) => response?.message.answers ?? []);
    assert.ok(ours.length > 80, `${ours.length}`);
    const lines = ours.map(({ name, ttl, class: of, type, data }) => normalize(`${name} ${ttl} ${of} ${type} ${data}`));
    const unlike = lines.filter((line) => !digs.has(line));
    const types = new Set(unlike.map((line) => ` ${line.split(" ")[3]} `));
    assert.deepEqual(unlike, [], [...digs].filter((line) => [...types].some((type) => line.includes(type))).join("\n"));
  });

  it("tells errors, truncation, transfers and updates", () => {
    const find = (operation: string) =>
      exchanges.filter((exchange) => rowOf(exchange).operation(exchange) === operation);
    const outcome = (exchange: DnsExchange) => rowOf(exchange).outcome(exchange);
    assert.deepEqual(find("A none.example.test").map(outcome), Array(2).fill({ result: "error", reason: "NXDOMAIN" }));
    assert.deepEqual(find("MX www.example.test").map(outcome), [{ result: "ok" }]);
    assert.deepEqual(find("A elsewhere.invalid").map(outcome), [{ result: "error", reason: "REFUSED" }]);
    const big = find("TXT big.example.test");
    assert.deepEqual(
      big.map(({ protocol, response }) => `${protocol} ${response!.message.truncated}`),
      ["dns/udp true", "dns/udp true", "dns/tcp false", "dns/udp false"],
    );
    const [transfer] = find("AXFR example.test");
    assert.ok(transfer!.response!.message.counts.answers > 500, `${transfer!.response!.message.counts.answers}`);
    assert.equal(find("UPDATE example.test").length, 1);
    assert.equal(find("NOTIFY www.example.test").length, 1);
  });

  it("goes through every output of read", async () => {
    const read = (...args: string[]) => runProgram(tapline, ["read", capture, ...args], { timeoutMillis: 120_000 });
    const table = await read("-Y", "dns && error");
    assert.match(table.stdout, /A\s+-\s+none\.example\.test\s+NXDOMAIN/);
    const long = await read("-v", "-Y", "dns.type == 'CAA'");
    assert.match(
      long.stdout,
      /> QUERY example\.test IN CAA[\s\S]*< NOERROR[\s\S]*example\.test 300 IN CAA 0 issue "ca\.example\.org"/,
    );
    const fields = await read(
      "-T",
      "fields",
      "-e",
      "dns.name",
      "-e",
      "dns.rcode_name",
      "-e",
      "dns.answers",
      "-Y",
      "'192.0.2.77' in dns.answer",
    );
    assert.equal(fields.stdout.trim(), "x.wild.example.test\tNOERROR\t1");
    const lines = join(folder, "dns.ndjson");
    assert.equal((await read("-w", lines)).code, 0);
    const kinds = readFileSync(lines, "utf8")
      .trimEnd()
      .split("\n")
      .filter((line) => line.includes('"kind":"dns"'));
    assert.equal(kinds.length, exchanges.length);
    const part = join(folder, "part.pcapng");
    assert.equal((await read("-Y", "dns.type == 'LOC'", "-w", part)).code, 0);
    const again = await runProgram(tapline, ["read", part, "-T", "fields", "-e", "operation"]);
    assert.equal(again.stdout.trim(), "LOC place.example.test");
  });

  it("says of a query without an answer that there was none", async () => {
    const path = await recordLoopback(folder, `udp port ${port + 1}`, async () => {
      const silent = (await import("node:dgram")).createSocket("udp4");
      await new Promise<void>((resolve) => silent.bind(port + 1, "127.0.0.1", resolve));
      await dig(port + 1, ["www.example.test", "+tries=2", "+timeout=1"]);
      silent.close();
      await delay(10);
    });
    const { stdout } = await runProgram(tapline, ["read", path, "-T", "fields", "-e", "operation", "-e", "outcome"]);
    // dig asks again from another port.
    assert.equal(stdout.trim(), "A www.example.test\tnone\nA www.example.test\tnone");
  });
});

function writeConfiguration(folder: string, port: number): void {
  const big = Array.from({ length: 12 }, (_, at) => `big IN TXT "${String(at).repeat(100).slice(0, 100)}"\n`).join("");
  const many = Array.from({ length: 600 }, (_, at) => `h${at} IN A 198.51.100.${at % 250}\n`).join("");
  writeFileSync(join(folder, "zone"), ZONE + big + many);
  writeFileSync(
    join(folder, "named.conf"),
    `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
      pid-file "${folder}/named.pid"; session-keyfile "${folder}/session.key"; allow-transfer { any; }; notify no;
      dnssec-validation no; max-udp-size 4096; };
    controls { };
    zone "example.test" { type primary; file "zone"; check-names ignore; allow-update { any; }; };\n`,
  );
}

async function dig(port: number, args: readonly string[]): Promise<string> {
  const { stdout } = await runProgram("dig", ["@127.0.0.1", "-p", String(port), "+tries=1", ...args], {
    timeoutMillis: 60_000,
  });
  return stdout;
}

/** The records in dig's answer sections, as one line each. */
function readRecords(output: string): string[] {
  return output
    .split("\n")
    .filter((line) => /^[^;\s]\S*\s+\d+\s+[A-Z]+\s/.test(line))
    .map(normalize);
}

/** White space, the dots at the ends of names, and dig's words for numbers. */
function normalize(line: string): string {
  return line
    .replace(/\s+/g, " ")
    .replace(/(?<=[^.\s"\\])\.(?=\s|$)/g, "")
    .replace(/ IN CERT PKIX 12345 RSASHA256 /, " IN CERT 1 12345 8 ")
    .toLowerCase()
    .trim();
}

const seconds = (time: { seconds: number; nanos: number }): number => time.seconds + time.nanos / 1e9;

/** A line for each answer as tshark has it, with the microseconds since its query. */
async function judge(path: string, port: number): Promise<Set<string>> {
  const decode = ["-d", `udp.port==${port},dns`, "-d", `tcp.port==${port},dns`];
  const answers = new Set<string>();
  for (const packet of await dissect(path, [...decode, "-Y", "dns.flags.response == 1"], "dns")) {
    for (const message of packet.filter(({ name }) => name === "dns")) {
      const show = (name: string) => findNode([message], name)?.show ?? "";
      const flags = ["authoritative", "truncated", "recdesired", "recavail"].map((flag) => show(`dns.flags.${flag}`));
      const took = Math.round(Number(show("dns.time")) * 1e6);
      answers.add(
        [
          Number(show("dns.id")),
          show("dns.qry.name"),
          dnsRcodeName(Number(show("dns.flags.rcode"))),
          flags.join(""),
          show("dns.count.answers"),
          show("dns.count.auth_rr"),
          show("dns.count.add_rr"),
          took,
        ].join(" "),
      );
    }
  }
  return answers;
}
