import { CAPABILITIES, CONFIG_FILE, CONFIG_FOLDER } from "./agent-options.ts";

/** A unit of systemd that runs an agent on a machine by itself, and in comments how it is put there and taken back. */
export function writeSystemdUnit({
  program,
  memoryMebibytes,
}: {
  /** The path of `tapline`. */
  readonly program: string;
  readonly memoryMebibytes: number;
}): string {
  // Programs and libraries of other users are read.
  const capabilities = [...CAPABILITIES, "DAC_READ_SEARCH"].map((name) => `CAP_${name}`).join(" ");
  return `# To put it there:
#   tapline deploy agent --systemd > /etc/systemd/system/tapline-agent.service
#   (the configuration: ${CONFIG_FOLDER}/${CONFIG_FILE}; tapline agent check -c ${CONFIG_FOLDER}/${CONFIG_FILE})
#   systemctl daemon-reload && systemctl enable --now tapline-agent
# To take it back:
#   systemctl disable --now tapline-agent && rm /etc/systemd/system/tapline-agent.service && systemctl daemon-reload
[Unit]
Description=Tapline agent: access logs of this machine's processes for SkyWalking
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${program} agent -c ${CONFIG_FOLDER}/${CONFIG_FILE}
# It gives way to other processes by itself (--nice); between services that is CPUWeight=.
Restart=on-failure
RestartSec=5
# Wrong configuration is not tried again.
RestartPreventExitStatus=2
TimeoutStopSec=30
MemoryMax=${memoryMebibytes}M
LimitMEMLOCK=infinity
CapabilityBoundingSet=${capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK

[Install]
WantedBy=multi-user.target
`;
}
