import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { formatError } from "../../../model/index.ts";
import { parseDocument } from "../../../wire/config-document/index.ts";
import { describeRoverConfig } from "./describe-config.ts";
import { parseGoDuration, ringSize, roverConfigOf } from "./rover-config.ts";
import { parseCondition, parseTemplate } from "./template.ts";

const read = async (text: string, environment: Record<string, string> = {}) =>
  roverConfigOf(await parseDocument(text, { file: "rover.yaml" }), environment);

test("what is missing takes the document's default, and the check says where Rover's own file differs", async () => {
  const config = await read("access_log: { active: true }");
  assert.equal(config.flushCount, 2000);
  assert.equal(config.flushMillis, 5000);
  assert.deepEqual(config.excludedNamespaces, ["istio-system", "cert-manager", "kube-system"]);
  assert.equal(config.backend.address, "localhost:11800");
  assert.match(
    describeRoverConfig(config).join("\n"),
    /flush\.max_count: 2000 {2}# default; Rover's own file has 10000/,
  );
});

test("the environment, defaults in braces, and the names of the document", async () => {
  const text = `
access_log:
  active: \${ROVER_ACCESS_LOG_ACTIVE:false}
  flush: { max_count: "\${ROVER_ACCESS_LOG_FLUSH_MAX_COUNT:77}", period: 1m30s }
access_log_protocol_analyze: { per_cpu_buffer: 1MB, parallels: 4 }
core: { backend: { ADDR: "\${X:[::1]:11800}" } }
`;
  const config = await read(text, { ROVER_ACCESS_LOG_ACTIVE: "true", ROVER_CORE_CLUSTER_NAME: "east" });
  assert.ok(config.isActive);
  assert.deepEqual([config.flushCount, config.flushMillis, config.analyzers], [77, 90_000, 4]);
  assert.equal(config.values.get("access_log.protocol_analyze.per_cpu_buffer")?.text, "1MB");
  assert.equal(config.backend.address, "[::1]:11800");
  assert.equal(config.cluster, "east");
});

for (const [text, says] of [
  ["access_log: { actve: true }", "rover.yaml:1:15: there is no key access_log.actve; did you mean access_log.active?"],
  ["acces_log: {}", "rover.yaml:1:1: there is no key acces_log; did you mean access_log.active?"],
  [
    "access_log: { flush: { period: soon } }",
    "rover.yaml:1:32: access_log.flush.period: expected a duration such as 5s, found 'soon'",
  ],
  ["access_log: { active: maybe }", "rover.yaml:1:23: access_log.active: expected true or false, found 'maybe'"],
  [
    "access_log: { connection_analyze: { per_cpu_buffer: 1KB } }",
    "rover.yaml:1:53: access_log.connection_analyze.per_cpu_buffer: the buffer must be larger than a page: at least 4096 bytes",
  ],
  [
    "process_discovery: { rules: [ { service_name: x } ] }",
    "rover.yaml:1:31: a rule says which processes: command, port, cgroup, pid or unit",
  ],
] as const)
  test(`refused: ${text}`, async () => {
    await assert.rejects(read(text), (error) => {
      assert.ok(formatError(error).startsWith(says.split(";")[0]!), formatError(error));
      return true;
    });
  });

test("flags as Rover takes them: of YAML 1.1, and of Go in variables", async () => {
  const isActive = async (value: string) => (await read(`access_log: { active: ${value} }`)).isActive;
  for (const value of ["true", "True", "yes", "on", '"${X:1}"', '"${X:T}"']) assert.ok(await isActive(value), value);
  for (const value of ["false", "FALSE", "no", "off", '"${X:0}"', '"${X:f}"'])
    assert.ok(!(await isActive(value)), value);
});

test("keys that change nothing say so", async () => {
  const lines = describeRoverConfig(await read("access_log: { active: true }"));
  const found = lines.filter((line) => line.includes("without effect")).map((line) => line.split(":")[0]);
  assert.deepEqual(found, [
    "access_log.connection_analyze.parse_parallels",
    "access_log.protocol_analyze.parse_parallels",
  ]);
});

test("profiling is named as without effect", async () => {
  const config = await read("profiling: { active: true }\naccess_log: { active: true }");
  assert.ok(describeRoverConfig(config).includes("# profiling: without effect here"));
});

test("templates: paths, methods, functions and pipes; anything else is refused by name", () => {
  const context = {
    Pod: {
      Name: "cart-1",
      LabelValue: (names: string, otherwise: string) => (names === "app" ? "cart" : otherwise),
      HasContainer: (name: string) => name === "istio-proxy",
    },
    Process: { ExeName: "node", Pid: 7 },
  };
  const render = (text: string) => parseTemplate(text).render(context);
  assert.equal(render('{{.Pod.LabelValue "app" ""}}.{{ .Pod.Name }}'), "cart.cart-1");
  assert.equal(render('{{.Pod.LabelValue "x" "none"}}-{{.Process.Pid}}'), "none-7");
  assert.equal(render('{{eq .Process.ExeName "node" | not}}'), "false");
  assert.ok(parseCondition('{{and (.Pod.HasContainer "istio-proxy") (ne .Process.ExeName "go")}}')(context));
  assert.ok(!parseCondition('not (or (eq .Process.ExeName "node") false)')(context));
  assert.throws(() => render("{{.Pod.Nam}}"), /there is no \.Pod\.Nam/);
  assert.throws(() => parseTemplate("{{range .Pods}}"), /range takes no arguments|range is not understood/);
  assert.throws(() => parseTemplate("{{.Pod.Name"), /not closed/);
});

test("durations as Go writes them, and rings as powers of two", () => {
  assert.deepEqual(["5s", "1m30s", "500ms", "5", "x"].map(parseGoDuration), [5000, 90_000, 500, undefined, undefined]);
  assert.deepEqual([1, 17 * 2 ** 20].map(ringSize), [16 * 2 ** 20, 32 * 2 ** 20]);
});

test("analyzers, their rings and queues; none may be 0", async () => {
  const config = await read(
    "access_log: { connection_analyze: { analyze_parallels: 3, queue_size: 10 }, protocol_analyze: { analyze_parallels: 4, queue_size: 20 } }",
  );
  assert.deepEqual(config.queues, { calls: 20, ends: 10 });
  assert.equal(config.analyzers, 4);
  const many = await read("access_log: { protocol_analyze: { analyze_parallels: 99, per_cpu_buffer: 1GB } }");
  assert.equal(many.analyzers, 16, "as many as connections are told apart");
  const each = (2 ** 30 + 200 * 1024) * availableParallelism();
  assert.equal(many.ringBytes, 2 ** Math.ceil(Math.log2(each / 16)));
  assert.ok(
    describeRoverConfig(many).some((line) => line.startsWith("# analyzers: 16, each with a thread and a ring")),
  );
  for (const part of ["connection_analyze", "protocol_analyze"])
    await assert.rejects(
      read(`access_log: { ${part}: { queue_size: 0 } }`),
      /queue_size: expected a whole number from 1 on/,
    );
});

test("a default in quotes is what stands in them, as Rover's own file has it", async () => {
  const config = await read(
    `core: { backend: { client_pem_path: '\${NONE:"client.pem"}', authentication: '\${NONE:""}' } }`,
  );
  assert.deepEqual([config.backend.certificate, config.backend.authentication], ["client.pem", ""]);
});
