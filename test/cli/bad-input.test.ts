import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundled as sizes } from "../support/bundled.js";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const train = join(root, "data", "support", "train.csv");
const bundled = join(root, "models", "embtune-mini-en");

interface BadFile {
  name: string;
  content: string | Uint8Array;
  code: 1 | 2;
  /** Every one of these must be said. */
  says: string[];
  args?: string[];
}

const pairs = "anchor,positive\na1,p1\na2,p2\na3,p3\na4,p4\n";
const scores = (rows: string) => `sentence1,sentence2,score\n${rows}`;

const badTraining: BadFile[] = [
  { name: "empty file", content: "", code: 1, says: ["bad.csv", "empty"] },
  { name: "header only", content: "anchor,positive\n", code: 1, says: ["bad.csv", "header"] },
  {
    name: "missing column",
    content: "anchro,body\nx,y\nz,w\n",
    code: 1,
    says: ["bad.csv", '"anchro"', '"body"', "--columns anchor=anchro"],
  },
  {
    name: "column that does not exist",
    content: pairs,
    args: ["--columns", "anchor=anchr"],
    code: 2,
    says: ["bad.csv", "anchr", 'did you mean "anchor"'],
  },
  {
    name: "ragged row",
    content: "anchor,positive\na1,p1\na2,p2,extra\na3,p3\na4,p4\n",
    code: 1,
    says: ["bad.csv:3", "3", "2"],
  },
  {
    name: "unclosed quote",
    content: 'anchor,positive\na1,p1\n"a2,p2\na3,p3\na4,p4\n',
    code: 1,
    says: ["bad.csv:3", "quote"],
  },
  {
    name: "wrong encoding",
    content: new Uint8Array([...Buffer.from("anchor,positive\na1,p1\na2,"), 0xff, 0xfe, 0x0a]),
    code: 1,
    says: ["bad.csv:3", "UTF-8"],
  },
  {
    name: "one row",
    content: "anchor,positive\na1,p1\n",
    code: 1,
    says: ["bad.csv", "1 usable row"],
  },
  {
    name: "all rows dropped",
    content: "premise,hypothesis,label\np1,h1,-\np2,h2,-\n",
    code: 1,
    says: ["bad.csv", "2"],
  },
  {
    name: "integer NLI labels without a map",
    content: "premise,hypothesis,label\np1,h1,0\np2,h2,1\np3,h3,2\n",
    code: 1,
    says: ["bad.csv", "0", "1", "2", "--label-map"],
  },
];

describe("training data that cannot be used", () => {
  it.each(badTraining)("$name", async ({ content, code, says, args = [] }) => {
    const folder = freshFolder();
    const file = writeIn(folder, "bad.csv", content);
    const out = join(folder, "run");
    const result = await embtune(["train", file, "--out", out, ...args]);
    expect(result.stderr).toMatch(/^error: /m);
    expect(result.stderr).toMatch(/^hint: {2}/m);
    for (const text of says) expect(result.stderr).toContain(text);
    expect(result.stderr).not.toContain("internal error");
    expect(result.code).toBe(code);
    expect(result.stdout).toBe("");
    expect(existsSync(out)).toBe(false);
  });

  it("missing file", async () => {
    const { code, stderr } = await embtune(["train", "data/support/trian.csv"]);
    expect(stderr).toContain("data/support/trian.csv");
    expect(code).toBe(2);
  });

  it("a training file given as --eval", async () => {
    const { code, stderr } = await embtune([
      "train",
      train,
      "--eval",
      train,
      "--out",
      join(freshFolder(), "run"),
    ]);
    expect(stderr).toContain("the training data itself");
    expect(code).toBe(1);
  });
});

const badScores: BadFile[] = [
  {
    name: "a score that is no number",
    content: scores("a,b,1\nc,d,abc\n"),
    code: 1,
    says: ["bad.csv:3", '"score"', "abc"],
  },
  { name: "a score NaN", content: scores("a,b,1\nc,d,NaN\n"), code: 1, says: ["bad.csv:3", "NaN"] },
  {
    name: "equal scores",
    content: scores("a,b,1\nc,d,1\ne,f,1\n"),
    code: 1,
    says: ["bad.csv", "the same"],
  },
];

describe("measuring data that cannot be used", () => {
  it.each(badScores)("$name", async ({ content, code, says }) => {
    const file = writeIn(freshFolder(), "bad.csv", content);
    const result = await embtune(["evaluate", file]);
    for (const text of says) expect(result.stderr).toContain(text);
    expect(result.code).toBe(code);
    expect(result.stdout).toBe("");
  });
});

/** A copy of the bundled model, changed. */
function modelCopy(change: (folder: string) => void): string {
  const model = join(freshFolder(), "model");
  cpSync(bundled, model, { recursive: true });
  change(model);
  return model;
}

const embedWith = (model: string) => {
  const folder = freshFolder();
  const texts = writeIn(folder, "texts.txt", "one\ntwo\n");
  return embtune(["embed", texts, "--model", model, "--out", join(folder, "v.npy")]).then(
    (result) => ({
      ...result,
      left: readdirSync(folder),
    }),
  );
};

describe("model folders that cannot be used", () => {
  it("without tokenizer.json", async () => {
    const result = await embedWith(modelCopy((model) => rmSync(join(model, "tokenizer.json"))));
    expect(result.stderr).toContain("tokenizer.json");
    expect(result.code).toBe(1);
    expect(result.left).toEqual(["texts.txt"]);
  });

  it("with a truncated onnx file", async () => {
    const result = await embedWith(
      modelCopy((model) => {
        const path = join(model, "onnx", "model.onnx");
        writeFileSync(path, readFileSync(path).subarray(0, 1_000_000));
      }),
    );
    expect(result.stderr).toContain("model.onnx");
    expect(result.stderr).toContain("not a complete onnx model");
    expect(result.code).toBe(1);
  });

  it("without last_hidden_state: the outputs found are listed", async () => {
    const result = await embedWith(
      modelCopy((model) => {
        const bytes = readFileSync(join(model, "onnx", "model.onnx"));
        const name = Buffer.from("last_hidden_state");
        for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) {
          bytes.write("some_other_output", at);
        }
        writeFileSync(join(model, "onnx", "model.onnx"), bytes);
      }),
    );
    expect(result.stderr).toContain("last_hidden_state or token_embeddings");
    expect(result.stderr).toContain("some_other_output");
    expect(result.code).toBe(1);
  });

  it("with an empty file of weights and no onnx file", async () => {
    const result = await embedWith(
      modelCopy((model) => {
        rmSync(join(model, "onnx"), { recursive: true });
        writeFileSync(join(model, "model.safetensors"), "");
      }),
    );
    expect(result.stderr).toContain("model.safetensors: not a valid safetensors file: 0 bytes");
    expect(result.code).toBe(1);
  });

  it("a hub id without --allow-download", async () => {
    const result = await embedWith("some-org/some-model-that-was-never-fetched");
    expect(result.stderr).toContain("--allow-download");
    expect(result.code).toBe(2);
  });

  it("a mistyped folder", async () => {
    const { code, stderr } = await embtune([
      "evaluate",
      "data/support/test.csv",
      "--model",
      "models/embtune-mini-em",
    ]);
    expect(stderr).toContain("embtune-mini-en");
    expect(code).toBe(2);
  });
});

const badUsage: [string, string[], string[]][] = [
  ["unknown command", ["trian"], ["train"]],
  ["subcommand without its command", ["inspect", "a.csv"], ["hint:  embtune data inspect"]],
  ["option as a command", ["version"], ["hint:  embtune --version"]],
  ["unknown option", ["train", train, "--lerning-rate", "1"], ["--lerning-rate"]],
  ["mistyped option", ["train", train, "--temprature", "1"], ["--temperature"]],
  ["unknown objective", ["train", train, "--objective", "infonec"], ['did you mean "infonce"']],
  [
    "option of another objective",
    ["train", train, "--objective", "nt-xent", "--margin", "1"],
    ["nt-xent", "margin"],
  ],
  ["temperature 0", ["train", train, "--temperature", "0"], ["temperature", "above 0"]],
  ["batch size 0", ["train", train, "--batch-size", "0"], ["--batch-size"]],
  ["a rate that is no number", ["train", train, "--lr", "fast"], ["--lr"]],
  [
    "metric that is not measured",
    ["train", train, "--metric", "spearmen_cosine", "--eval", "data/support/dev.csv"],
    ['did you mean "spearman_cosine"'],
  ],
  ["no data", ["train"], ["no training data"]],
  [
    "head dimension above the encoder's",
    ["train", train, "--head-dim", `${sizes.width + 44}`],
    ["--head-dim", `${sizes.width}`],
  ],
  [
    "length above the model's",
    ["train", train, "--max-length", "600"],
    ["600", `${sizes.positions}`],
  ],
  [
    "embeddings in an unknown format",
    ["embed", "data/support/sentences.txt", "--out", "/tmp/x.nyp"],
    [".npy"],
  ],
  ["a run to resume that is none", ["train", "--resume", "data"], ["run.json"]],
];

describe("wrong usage ends with exit code 2 and a hint", () => {
  it.each(badUsage)("%s", async (_, args, says) => {
    const out = join(freshFolder(), "run");
    const result = await embtune(args[0] === "train" ? [...args, "--out", out] : args);
    for (const text of says) expect(result.stderr).toContain(text);
    expect(result.stderr).not.toContain("internal error");
    expect(result.code).toBe(2);
    expect(existsSync(join(out, "log.jsonl"))).toBe(false);
  });
});

/** Whether this user may mount a small disk of its own. */
const mountable = ((): boolean => {
  const probe = freshFolder();
  const ok = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe]).status === 0;
  if (ok) spawnSync("umount", [probe]);
  return ok;
})();

describe.skipIf(!mountable)("a full disk (needs the right to mount)", () => {
  const disk = freshFolder();
  beforeAll(() => {
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", disk]);
  });
  afterAll(() => {
    spawnSync("umount", [disk]);
  });

  it("on the export of model/: the checkpoints stay and no half model is left", async () => {
    const run = join(disk, "run");
    const { code, stderr } = await embtune([
      "train",
      train,
      "--steps",
      "4",
      "--keep",
      "1",
      "--out",
      run,
    ]);
    expect(stderr).toContain("the disk is full");
    expect(stderr).toContain("model");
    expect(code).toBe(1);
    expect(readdirSync(run).filter((name) => /^\.|^model/.test(name))).toEqual([]);
    expect(readdirSync(run)).toContain("run.json");
    expect(readdirSync(join(run, "checkpoints"))).toContain("step-000004");
  });

  it("on embedding: no half file, only what the same command goes on from", async () => {
    rmSync(join(disk, "run"), { recursive: true, force: true });
    const texts = writeIn(freshFolder(), "texts.txt", "a text\n".repeat(10_000));
    const { code, stderr } = await embtune(["embed", texts, "--out", join(disk, "v.npy")]);
    expect(stderr).toContain("the disk is full");
    expect(code).toBe(1);
    expect(readdirSync(disk)).toEqual(["v.npy.partial"]);
  });
});

describe("a place that cannot be written", () => {
  it("a path through a file: an error that names it", async () => {
    const folder = freshFolder();
    const texts = writeIn(folder, "texts.txt", "one\n");
    const { code, stderr } = await embtune(["embed", texts, "--out", join(texts, "v.npy")]);
    expect(stderr).toContain("v.npy");
    expect(stderr).not.toContain("internal error");
    expect(code).toBe(1);
    expect(readdirSync(folder)).toEqual(["texts.txt"]);
  });
});
