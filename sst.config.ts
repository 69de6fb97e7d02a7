/// <reference path="./.sst/platform/config.d.ts" />

// SST refuses static imports in this file: everything is in stacks/aws.
export default $config({
  app(input) {
    const production = input?.stage === "production";
    return {
      name: "halfgig",
      home: "aws",
      removal: production ? "retain" : "remove",
      protect: production,
      providers: { aws: { version: "7.20.0", region: process.env.AWS_REGION || "eu-central-1" } },
    };
  },
  async run() {
    const { createHalfgig } = await import("./stacks/aws/components/index.ts");
    return createHalfgig();
  },
});
