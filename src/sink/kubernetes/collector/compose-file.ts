import { stringify } from "yaml";
import { argumentsOf, type CollectorDeployment, PORTS } from "./collector-options.ts";

/** The same for Docker Compose; the page is on loopback, and the tokens come from the environment. */
export function writeComposeFile(options: CollectorDeployment): string {
  const { name, image, memoryMebibytes, ingestAuth, store } = options;
  const needed = (variable: string) => `\${${variable}:?give it a token: openssl rand -hex 24}`;
  return stringify(
    {
      name,
      services: {
        collector: {
          image,
          entrypoint: ["tapline"],
          command: argumentsOf(options),
          environment: {
            TAPLINE_TOKEN: needed("TAPLINE_TOKEN"),
            ...(ingestAuth === "token" && { TAPLINE_INGEST_TOKEN: needed("TAPLINE_INGEST_TOKEN") }),
            ...(store !== undefined && { TAPLINE_CLICKHOUSE_PASSWORD: "${TAPLINE_CLICKHOUSE_PASSWORD:-}" }),
          },
          ports: [
            `127.0.0.1:${PORTS.page}:${PORTS.page}`,
            ...[PORTS.ingest, PORTS.grpc].map((port) => `${port}:${port}`),
          ],
          volumes: ["data:/data"],
          tmpfs: ["/tmp"],
          read_only: true,
          cap_drop: ["ALL"],
          security_opt: ["no-new-privileges:true"],
          mem_limit: `${memoryMebibytes}m`,
          stop_grace_period: "30s",
          restart: "unless-stopped",
        },
      },
      volumes: { data: {} },
    },
    { lineWidth: 0 },
  );
}
