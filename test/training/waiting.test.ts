import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Encoder } from "../../src/encoder/encoder.js";
import { expectedTime } from "../../src/training/model/expected-time.js";
import { planTraining } from "../../src/training/plan/plan.js";
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
      const expected = events.filter((event) => event.type === "expected");
      expect(expected).toHaveLength(1);
      expect(expected[0].seconds).toBeGreaterThan(0);
      expect(events.indexOf(expected[0])).toBeLessThan(first);
      const encoding = events.slice(0, first).filter((event) => event.type === "encoding");
      // Sentences of either side of the --eval file.
      expect(encoding).toContainEqual({ type: "encoding", done: 30, total: 30 });
      for (const { done, total } of encoding) expect(done).toBeLessThanOrEqual(total);
    },
  );
});

describe("the expected time", () => {
  const plan = (tune: "head" | "full", measured = scored) =>
    planTraining({
      ...{ data: pairs, eval: measured, objective: "infonce", tune, batchSize: 8 },
      ...{ steps: 20, evalEvery: 10, out: join(temporaryFolder(), "run") },
    });
  /** Ten tokens a text, whatever it says. */
  const encoder = {
    tokenize: (texts: readonly string[]) => texts.map(() => new Array(10).fill(1)),
    encode: async (texts: readonly string[]) => ({ rows: texts.length }),
  } as unknown as Encoder;
  const tokens = async (tune: "head" | "full", made = 0, measured = scored) => {
    const run = await plan(tune, measured);
    const { seconds, tokensPerSecond } = await expectedTime(run, encoder, made);
    const head = tune === "head" ? ((20 - made) * 8) / (271 * 256) : 0;
    return (seconds - 2 - head) * tokensPerSecond;
  };

  it("counts a trained step as 3.7 times its tokens, and of a resumed run what is left", async () => {
    const step = 3.7 * 16 * 10;
    const evaluation = 2 * 30 * 10;
    expect(await tokens("full")).toBeCloseTo(20 * step + (4 + 5) * evaluation, 3);
    expect(await tokens("full", 15)).toBeCloseTo(5 * step + (3 + 5) * evaluation, 3);
  });

  it("counts each text once where the encoder is frozen", async () => {
    expect(await tokens("head")).toBeCloseTo(10 * 80 + 2 * 30 * 10, 3);
  });

  it("counts the training texts that are searched beside, but where their vectors are kept", async () => {
    const asked = temporaryFile("anchor,positive\nq 1,a 1\nq 2,a 2\nq 3,a 3\n", "asked.csv");
    const own = 2 * 3 * 10;
    const step = 3.7 * 16 * 10;
    expect(await tokens("full", 0, asked)).toBeCloseTo(20 * step + (4 + 5) * (own + 40 * 10), 3);
    expect(await tokens("head", 0, asked)).toBeCloseTo(10 * 80 + own, 3);
  });
});
