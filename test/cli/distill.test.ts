import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { lockRun } from "../../dist/training/run-folder/run-lock.js";
import { bundled } from "../support/bundled.js";
import { embtune as embtuneProcess, freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const support = (name: string): string => join(root, "data", "support", name);
const everyday = join(root, "data", "everyday-sts", "dev.csv");
const teacher = join(root, "models", "embtune-mini-en");
const out = join(folder, "small");
const sizes = [
  ...["--layers", "1", "--hidden", "32", "--heads", "4", "--intermediate", "64"],
  ...["--vocab-size", "2500", "--batch-size", "32", "--steps", "6"],
];
let corpus: string;
const args = () => [
  "distill",
  corpus,
  "--teacher",
  teacher,
  "--out",
  out,
  "--eval",
  everyday,
  ...sizes,
];

const scoreOf = async (model: string): Promise<number> => {
  const { stdout } = await embtune(["evaluate", everyday, "--model", model, "--json"]);
  const [{ model: measured, primary }] = [JSON.parse(stdout)].flat();
  return measured.metrics.find(({ key }: { key: string }) => key === primary).value;
};

describe("embtune distill", () => {
  let made: Awaited<ReturnType<typeof embtune>>;
  beforeAll(async () => {
    const lines = ["train.csv", "dev.csv", "test.csv"].flatMap((name) =>
      readFileSync(support(name), "utf8")
        .split("\n")
        .slice(1)
        .flatMap((line) => line.split(",").slice(0, 2))
        .filter((text) => text.length > 5),
    );
    const [, known] = readFileSync(everyday, "utf8").split("\n");
    corpus = writeIn(folder, "corpus.txt", [...lines, lines[0], known.split(",")[0]].join("\n"));
    made = await embtune(args());
  }, 300_000);

  it("makes a student that transformers.js and sentence-transformers folders hold, better than chance at step 0", async () => {
    const { code, stdout, stderr } = made;
    expect(stderr).toContain("step 6:");
    expect(code).toBe(0);
    expect(stdout).toMatch(/corpus: {2}\d+ texts, left out: .*repeated.*stand in --eval/);
    expect(existsSync(join(out, "run", "model", "onnx", "model.onnx"))).toBe(true);
    expect(
      existsSync(join(out, "run", "model", "sentence-transformers", "model.safetensors")),
    ).toBe(true);
    const to = join(folder, "random");
    const call = args().map((arg) => (arg === out ? to : arg));
    const random = await embtune([...call, "--init", "random", "--reuse", out]);
    expect(random.code).toBe(0);
    expect(random.stderr).not.toContain("vectors of the corpus");
    const near = await scoreOf(join(out, "student"));
    expect(near - (await scoreOf(join(to, "student")))).toBeGreaterThan(0.1);
  }, 300_000);

  it("goes on where it is when it is called again, and refuses another student there", async () => {
    rmSync(join(out, "run"), { recursive: true });
    const again = await embtune(args());
    expect(again.code).toBe(0);
    expect(again.stderr).not.toContain("vocabulary");
    expect(again.stderr).not.toContain("vectors of the corpus");
    const other = await embtune([...args(), "--layers", "2"]);
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain("another layers");
  }, 300_000);

  it("ends with exit code 130 when it is interrupted, and the same call goes on", async () => {
    const to = join(folder, "stopped");
    const call = [...args().map((arg) => (arg === out ? to : arg)), "--eval-every", "2"];
    const stopped = await embtuneProcess(call, { interruptAt: "step 2:" });
    expect(stopped.code).toBe(130);
    const resumed = await embtune(call);
    expect(resumed.stderr).toContain("going on after step");
    expect(resumed.code).toBe(0);
    const bytes = (run: string) =>
      readFileSync(join(run, "run", "model", "onnx", "model.onnx")).toString("base64");
    const whole = join(folder, "whole");
    expect((await embtune(call.map((arg) => (arg === to ? whole : arg)))).code).toBe(0);
    expect(bytes(to) === bytes(whole)).toBe(true);
  }, 300_000);

  it("--project linear gives a student in the teacher's own space", async () => {
    const to = join(folder, "linear");
    const call = args().map((arg) => (arg === out ? to : arg));
    const { code } = await embtune([
      ...call,
      ...["--project", "linear", "--steps", "6", "--reuse", out],
    ]);
    expect(code).toBe(0);
    const vectors = join(folder, "v.npy");
    await embtune([
      "embed",
      everyday,
      "--column",
      "sentence1",
      "--model",
      join(to, "run"),
      "--out",
      vectors,
    ]);
    const manifest = JSON.parse(readFileSync(`${vectors}.manifest.json`, "utf8"));
    expect(manifest.dimension).toBe(bundled.width);
  }, 300_000);

  it("--init layers:… begins as layers of the teacher", async () => {
    const to = join(folder, "layers");
    const { code, stderr } = await embtune([
      ...["distill", corpus, "--teacher", teacher, "--out", to, "--init", "layers:0,2"],
      ...["--hidden", `${bundled.width}`, "--steps", "1", "--vocab-size", "1200"],
      ...["--eval", everyday, "--reuse", out],
    ]);
    expect(stderr).toContain("layers 0, 2 of the teacher");
    expect(stderr).toContain(`1200 of the teacher's ${bundled.vocabulary} tokens stay`);
    expect(code).toBe(0);
    const config = JSON.parse(readFileSync(join(to, "student", "config.json"), "utf8"));
    expect(config).toMatchObject({ num_hidden_layers: 2, vocab_size: 1200 });
  }, 300_000);

  it("teaches the prefixes of --matryoshka and the parts by their weights, as train does", async () => {
    const first = async (...more: string[]): Promise<number> => {
      const to = freshFolder();
      const call = args().map((arg) => (arg === out ? to : arg));
      await embtune([...call, "--steps", "1", "--reuse", out, ...more]);
      const log = readFileSync(join(to, "run", "log.jsonl"), "utf8").split("\n");
      const steps = log.filter((line) => line.includes('"loss"')).map((line) => JSON.parse(line));
      return steps[0].loss;
    };
    const [plain, prefixes, mixed] = [
      await first(),
      await first("--matryoshka", "32,8"),
      await first("--mse", "3", "--gram", "2"),
    ];
    expect(prefixes).toBeGreaterThan(1.2 * plain);
    expect(mixed).toBeGreaterThan(plain);
  }, 300_000);

  it.each([
    [["--hidden", "30"], "cannot be divided among 4 heads"],
    [["--hidden", `${2 * bundled.width}`], "wider"],
    [["--init", "nothing"], "--init must be"],
    [["--minutes", "1"], "--minutes and --steps say how long"],
    [["--static"], "--layers, --heads, --intermediate, --steps, --batch-size without effect"],
    [["--gram", "-1"], "gram"],
    [["--init", "layers:0", "--vocabulary", "corpus"], "without effect"],
    [["--reuse", "elsewhere"], "no teacher's vectors"],
    [["--project", "linear", "--hidden", `${bundled.width}`, "--heads", "1"], "has no effect"],
  ])("refuses %j", async (more, message) => {
    const to = freshFolder();
    const call = args().map((arg) => (arg === out ? to : arg));
    const { code, stderr } = await embtune([...call, ...more]);
    expect(code === 1 || code === 2).toBe(true);
    expect(stderr).toContain(message);
  });

  it.each([
    [["--init", "layers:0,9", "--hidden", `${bundled.width}`], "has no layer 9"],
    [["--init", "layers:0"], `have ${bundled.width} numbers`],
    [["--init", "layers:0", "--vocabulary", "corpus"], "begins with the teacher's tokens"],
  ])("refuses layers with %j", async (more, message) => {
    const call = ["distill", corpus, "--teacher", teacher, "--eval", everyday, "--reuse", out];
    const { code, stderr } = await embtune([...call, "--out", freshFolder(), ...more]);
    expect(code === 1 || code === 2).toBe(true);
    expect(stderr).toContain(message);
  });

  it("--exchange adds texts of the teacher's words to the corpus, the same for the same seed", async () => {
    const made = async (...more: string[]) => {
      const to = freshFolder();
      const call = ["distill", corpus, "--teacher", teacher, "--eval", everyday, "--out", to];
      const { code, stdout, stderr } = await embtune([
        ...call,
        "--static",
        "--exchange",
        "300",
        ...more,
      ]);
      return { to, code, stdout, stderr };
    };
    const linesOf = (to: string): string[] =>
      readFileSync(join(to, "corpus.jsonl"), "utf8").trimEnd().split("\n");
    const { to, code, stdout } = await made();
    expect(code).toBe(0);
    const [, texts, exchanged] = (
      /corpus: {2}(\d+) texts, and (\d+) with exchanged words/.exec(stdout) ?? []
    ).map(Number);
    const [plain, lines] = [linesOf(out), linesOf(to)];
    expect(lines.slice(0, texts)).toEqual(plain);
    expect(lines).toHaveLength(texts + exchanged);
    expect(exchanged).toBeGreaterThan(200);
    expect(exchanged).toBeLessThanOrEqual(300);
    const wordsOf = (some: readonly string[]) => new Set(some.join(" ").match(/\p{L}{3,}/gu));
    const said = wordsOf(plain.map((line) => line.toLowerCase()));
    const news = [...wordsOf(lines.slice(texts))].filter((word) => !said.has(word));
    expect(news.length).toBeGreaterThan(100);
    expect(linesOf((await made()).to)).toEqual(lines);
    expect(linesOf((await made("--seed", "7")).to)).not.toEqual(lines);
    const other = await made("--encoding", "windows-1252", "--reuse", out);
    expect(other.stderr).toContain("another exchange, way of reading the files");
  }, 300_000);

  it("does not teach vectors of another corpus", async () => {
    const to = freshFolder();
    const call = args().map((arg) => (arg === out ? to : arg));
    expect((await embtune([...call, "--steps", "1", "--reuse", out])).code).toBe(0);
    const texts = readFileSync(join(to, "corpus.jsonl"), "utf8").split("\n");
    rmSync(join(to, "corpus.jsonl"));
    writeIn(to, "corpus.jsonl", [texts[1], texts[0], ...texts.slice(2)].join("\n"));
    const again = await embtune([...call, "--steps", "1"]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("are of another text than");
  }, 300_000);

  it("lets one process at a time work in a folder", async () => {
    const lock = lockRun(out);
    for (const more of [[], ["--overwrite"]]) {
      const { code, stderr } = await embtune([...args(), ...more]);
      expect(code).toBe(1);
      expect(stderr).toContain(`is training in "${out}"`);
      expect(existsSync(join(out, "corpus.jsonl"))).toBe(true);
    }
    lock.release();
    expect((await embtune(args())).code).toBe(0);
  });

  it("leaves a folder alone that it did not write", async () => {
    const other = join(folder, "mine");
    mkdirSync(other);
    writeIn(other, "notes.txt", "mine");
    const call = args().map((arg) => (arg === out ? other : arg));
    const { code, stderr } = await embtune([...call, "--overwrite"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("no distillation wrote");
    expect(readFileSync(join(other, "notes.txt"), "utf8")).toBe("mine");
  });
});
