/** The flags that name a file which is read: what stands there must not be written to by the same command. */
const READ = [
  ...["keylog", "proto", "redactKey", "names", "config", "agentConfig"],
  ...["publishCa", "publishCert", "publishKey", "sendCa", "sendCert", "sendKey", "tlsCert", "tlsKey", "tlsCa"],
];

/** The files besides its inputs that a command reads, as its flags name them. */
export function namedFiles(flags: object): string[] {
  const given = flags as Readonly<Record<string, unknown>>;
  const hosts = given["hosts"];
  const list = typeof hosts === "string" && hosts.startsWith("@") ? [hosts.slice(1)] : [];
  return [...READ.flatMap((name) => given[name] ?? []).filter((path) => typeof path === "string"), ...list];
}
