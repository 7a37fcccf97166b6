import { describe, expect, it } from "vitest";
import { clusterShard } from "../../src/cli/cluster-shard.js";

describe("--shard auto", () => {
  it.each([
    [{ SLURM_ARRAY_TASK_ID: "12", SLURM_ARRAY_TASK_MIN: "10", SLURM_ARRAY_TASK_COUNT: "4" }, "3/4"],
    [
      {
        ...{ SLURM_ARRAY_TASK_ID: "6", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_STEP: "3" },
        ...{ SLURM_ARRAY_TASK_COUNT: "3", RANK: "0", WORLD_SIZE: "1" },
      },
      "3/3",
    ],
    [{ AWS_BATCH_JOB_ARRAY_INDEX: "0", AWS_BATCH_JOB_ARRAY_SIZE: "8" }, "1/8"],
    [{ SKYPILOT_NODE_RANK: "1", SKYPILOT_NUM_NODES: "2" }, "2/2"],
    [{ RANK: "3", WORLD_SIZE: "4" }, "4/4"],
  ])("takes %j for %s", (environment, shard) => {
    expect(clusterShard("auto", environment)).toBe(shard);
  });

  it("takes from auto/n how many parts there are, where nobody says it", () => {
    const pod = { JOB_COMPLETION_INDEX: "2" };
    expect(clusterShard("auto/5", pod)).toBe("3/5");
    expect(() => clusterShard("auto", pod)).toThrow("not of how many");
  });

  it("leaves other texts as they are, and refuses auto where nothing is set", () => {
    expect(clusterShard("1/2", {})).toBe("1/2");
    expect(clusterShard(undefined, { RANK: "1" })).toBeUndefined();
    expect(() => clusterShard("auto", { RANK: "x" })).toThrow("SLURM_ARRAY_TASK_ID");
  });
});
