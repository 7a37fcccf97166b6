import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TrainEvent } from "../../src/training/run-folder/events.js";
import { temporaryFile, temporaryFolder } from "../dataset/temporary-files.js";
import { train } from "../support/train.js";

const pairs = temporaryFile(
  `anchor,positive\n${Array.from({ length: 40 }, (_, i) => `ask ${i},answer ${i}\n`).join("")}`,
);
const scored = temporaryFile(
  `sentence1,sentence2,score\n${Array.from({ length: 30 }, (_, i) => `say ${i},tell ${i},${i % 5}\n`).join("")}`,
  "dev.csv",
);

describe("waits of a run are told", () => {
  it.each(["head", "full"] as const)(
    "--tune %s: the base's vectors, before step 0",
    async (tune) => {
      const events: TrainEvent[] = [];
      await train({
        data: pairs,
        eval: scored,
        objective: "infonce",
        tune,
        model: "test/fixtures/encoders/bert-torchscript-14",
        batchSize: 8,
        steps: 2,
        out: join(temporaryFolder(), "run"),
        onEvent: (event) => events.push(event),
      });
      const first = events.findIndex(({ type }) => type === "evaluation");
      const encoding = events.slice(0, first).filter((event) => event.type === "encoding");
      // Sentences of either side of the --eval file.
      expect(encoding).toContainEqual({ type: "encoding", done: 30, total: 30 });
      for (const { done, total } of encoding) expect(done).toBeLessThanOrEqual(total);
    },
  );
});
