import { describeContainer } from "./pod-context.ts";
import type { TemplateContext } from "./template.ts";

/** A context with every field that templates of rules may name. */
export const SAMPLE_OF_HOST: TemplateContext = {
  Rover: { InstanceID: "", HostName: "host", HostIPV4: "10.0.0.1", HostIPV6: "" },
  Process: {
    ExeFilePath: "/usr/bin/node",
    ExeName: "node",
    CommandLine: "node server.js",
    Pid: 1,
    WorkDir: "/",
    ExeNameInCommandLine: "node",
  },
};

const container = { name: "app", id: "containerd://1", environment: {} };

/** The same of analyzers: methods find something whatever they look for. */
export const SAMPLE_OF_POD: TemplateContext = {
  ...SAMPLE_OF_HOST,
  ...describeContainer({
    pod: {
      ...{ name: "app-1", namespace: "shop", node: "node-1", address: "10.0.0.2", labels: {}, service: "app" },
      ...{ owners: [], containers: [container] },
    },
    container,
    findsAll: true,
  }),
};
