import { defineConfig, mergeConfig } from "vitest/config";
import base, { longTests } from "./vitest.config.ts";

const config = mergeConfig(base, defineConfig({}));
config.test.include = longTests;
config.test.exclude = ["**/node_modules/**"];
export default config;
