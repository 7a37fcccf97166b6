import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { machineLimits } from "../../src/runtime/machine-limits.js";

/** A file system with these files. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "root "));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

describe("machineLimits", () => {
  it("without control groups are the machine's", () => {
    expect(machineLimits(rootWith({}))).toEqual({
      cores: availableParallelism(),
      quota: undefined,
      threads: availableParallelism(),
      memory: totalmem(),
      memoryLimited: false,
    });
  });

  it("follow a quota and a memory limit of version 2, the least of all groups around the process", () => {
    const root = rootWith({
      "proc/self/cgroup": "0::/pod/app\n",
      "sys/fs/cgroup/pod/cpu.max": "100000 100000\n",
      "sys/fs/cgroup/pod/app/cpu.max": "max 100000\n",
      "sys/fs/cgroup/pod/memory.max": "max\n",
      "sys/fs/cgroup/pod/app/memory.max": "536870912\n",
    });
    expect(machineLimits(root)).toMatchObject({
      quota: 1,
      threads: 1,
      memory: 2 ** 29,
      memoryLimited: true,
    });
  });

  it("follow those of version 1, where -1 and a huge number mean none", () => {
    const root = rootWith({
      "proc/self/cgroup": "4:memory:/box\n1:cpu,cpuacct:/box\n",
      "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "150000\n",
      "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "9223372036854771712\n",
    });
    const limits = machineLimits(root);
    expect(limits).toMatchObject({ quota: 1.5, threads: 1, memoryLimited: false });
    const free = rootWith({
      "proc/self/cgroup": "1:cpu:/\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    });
    expect(machineLimits(free).quota).toBeUndefined();
  });

  it("give one thread, however little of a core there is", () => {
    const root = rootWith({
      "proc/self/cgroup": "0::/\n",
      "sys/fs/cgroup/cpu.max": "20000 100000",
    });
    expect(machineLimits(root)).toMatchObject({ quota: 0.2, threads: 1 });
  });
});
