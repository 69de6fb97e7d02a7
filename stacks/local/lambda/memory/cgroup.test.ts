import { describe, expect, it } from "vitest";
import { ownFolder, parseKeyed, parseMounts, parseOwnPath } from "./cgroup.ts";

const hybrid = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`;
const container = "500 490 0:30 /docker/abc /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate";

describe("finding control groups", () => {
  it("reads the mounts of both versions", () => {
    expect(parseMounts(hybrid)).toEqual([
      { version: 1, controllers: ["rw", "memory"], mountPoint: "/sys/fs/cgroup/memory", root: "/" },
      { version: 1, controllers: ["rw", "cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu", root: "/" },
      { version: 2, controllers: [], mountPoint: "/sys/fs/cgroup/unified", root: "/" },
    ]);
    expect(parseMounts(container)).toMatchObject([{ version: 2, root: "/docker/abc" }]);
  });

  it.each([
    ["v1", "9:name=systemd:/\n4:cpu,memory:/user/a:b\n0::/x", 1, "/user/a:b"],
    ["v2", "4:memory:/m\n0::/user.slice/app.slice/run.scope", 2, "/user.slice/app.slice/run.scope"],
    ["none", "9:name=systemd:/", 2, undefined],
  ] as const)("reads this process's path (%s)", (_name, text, version, path) => {
    expect(parseOwnPath(text, version)).toBe(path);
  });

  it("falls back to the mount when the own path is not below it", () => {
    const mount = { version: 2, controllers: [], mountPoint: "/", root: "/docker/abc" } as const;
    expect(ownFolder({ ...mount, controllers: [] }, "/docker/abc/usr")).toBe("/usr");
    expect(ownFolder({ ...mount, controllers: [] }, "/../elsewhere")).toBe("/");
  });

  it("reads counters", () => {
    expect(parseKeyed("low 0\noom 2\noom_kill 1\n")).toEqual(
      new Map([
        ["low", 0],
        ["oom", 2],
        ["oom_kill", 1],
      ]),
    );
  });
});
