import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, it } from "vitest";
import { float16ToFloat32 } from "../../src/math/float16.js";
import { decodeSafetensors } from "../../src/math/safetensors.js";
import { bundled } from "../support/bundled.js";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const source = writeIn(
  folder,
  "texts.csv",
  'id,text,note\n1,How do I reset it?,"a, b"\n2,Une clé à écrous,\n3,,empty\n4,"two\nlines",“q”\n',
);
const rows = 4;
const cols = bundled.width;
const out = (name: string): string => join(folder, name);

async function write(name: string, ...args: string[]): Promise<string> {
  const { code, stderr } = await embtune(["embed", source, "--out", out(name), ...args]);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  return out(name);
}

/** Header and elements, by NumPy's rules for version 1.0. */
function readNpy(path: string) {
  const bytes = readFileSync(path);
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = bytes.toString("latin1", 10, start);
  expect(header.endsWith("\n")).toBe(true);
  const match =
    /^\{'descr': '(\S+)', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/.exec(header);
  const body = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
  return { descr: match?.[1], shape: [Number(match?.[2]), Number(match?.[3])], body };
}

let vectors: Float32Array;
beforeAll(async () => {
  const { descr, shape, body } = readNpy(await write("plain.npy"));
  expect([descr, shape]).toEqual(["<f4", [rows, cols]]);
  vectors = new Float32Array(body);
});

const row = (i: number): number[] => [...vectors.subarray(i * cols, (i + 1) * cols)];
const norm = (x: readonly number[]): number => Math.hypot(...x);

describe("formats", () => {
  it("npy holds unit vectors and leaves no other file than the manifest", () => {
    expect(norm(row(0))).toBeCloseTo(1, 6);
    const names = readdirSync(folder).filter((name) => name.startsWith("plain"));
    expect(names.sort()).toEqual(["plain.npy", "plain.npy.manifest.json"]);
    const manifest = JSON.parse(readFileSync(out("plain.npy.manifest.json"), "utf8"));
    expect(manifest).toMatchObject({
      ...{ format: "npy", rows, dimension: cols, dtype: "float32", normalized: true, prompt: "" },
      source: { path: source, column: "text", kept: [] },
    });
  });

  it("safetensors holds the tensor embeddings and says of which model", async () => {
    const path = await write("v.safetensors");
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    expect(tensors.get("embeddings")).toMatchObject({ dtype: "float32", shape: [rows, cols] });
    expect([...(tensors.get("embeddings")!.data as Float32Array)]).toEqual([...vectors]);
    expect(metadata).toMatchObject({
      model: "embtune-mini-en",
      dtype: "float32",
      dimension: `${cols}`,
    });
  });

  it("fvecs holds length and numbers of each vector", async () => {
    const bytes = readFileSync(await write("v.fvecs"));
    expect(bytes.length).toBe(rows * (cols + 1) * 4);
    for (let i = 0; i < rows; i++) {
      const at = i * (cols + 1) * 4;
      expect(bytes.readInt32LE(at)).toBe(cols);
      expect(bytes.readFloatLE(at + 4)).toBe(row(i)[0]);
      expect(bytes.readFloatLE(at + 4 * cols)).toBe(row(i)[cols - 1]);
    }
  });

  it("parquet holds texts, kept columns and lists of floats, as hyparquet reads them", async () => {
    const file = await asyncBufferFromFile(await write("v.parquet", "--keep-columns"));
    const table = await parquetReadObjects({ file });
    expect(table.map(({ text, id, note }) => [text, id, note])).toEqual([
      ["How do I reset it?", "1", "a, b"],
      ["Une clé à écrous", "2", ""],
      ["", "3", "empty"],
      ["two\nlines", "4", "“q”"],
    ]);
    expect(table.map(({ embedding }) => embedding)).toEqual([0, 1, 2, 3].map(row));
    const metadata = await parquetMetadataAsync(file);
    expect(metadata.key_value_metadata).toContainEqual({ key: "model", value: "embtune-mini-en" });
  });

  it("jsonl and csv hold text, the columns named and the same float32 numbers", async () => {
    const json = readFileSync(await write("v.jsonl", "--keep-columns", "note"), "utf8");
    const records = json
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map(({ text, note }) => [text, note])[3]).toEqual(["two\nlines", "“q”"]);
    expect(records[1].embedding.map(Math.fround)).toEqual(row(1));
    const csv = readFileSync(await write("v.csv", "--keep-columns", "note"), "utf8");
    const [header, first] = csv.split("\n");
    expect(header).toMatch(/^text,note,e0,e1,.*,e255$/);
    expect(first).toMatch(/^How do I reset it\?,"a, b",/);
    expect(first.split(",").slice(3).map(Number).map(Math.fround)).toEqual(row(0));
  });
});

describe("--dtype, --dim and --prompt", () => {
  it("float16 rounds each number to the nearest half", async () => {
    const { descr, shape, body } = readNpy(await write("half.npy", "--dtype", "float16"));
    expect([descr, shape]).toEqual(["<f2", [rows, cols]]);
    const values = float16ToFloat32(new Uint16Array(body));
    expect(values.every((x, i) => Math.abs(x - vectors[i]) <= 2 ** -12)).toBe(true);
  });

  it("int8 can be turned back by the ranges of the manifest, to half a step", async () => {
    const { descr, body } = readNpy(await write("int8.npy", "--dtype", "int8"));
    expect(descr).toBe("|i1");
    const { ranges } = JSON.parse(readFileSync(out("int8.npy.manifest.json"), "utf8"));
    const error = [...new Int8Array(body)].map((q, i) => {
      const k = i % cols;
      const step = (ranges.high[k] - ranges.low[k]) / 255;
      return Math.abs(ranges.low[k] + (q + 128.5) * step - vectors[i]) - step;
    });
    expect(Math.max(...error)).toBeLessThan(1e-6);
  });

  it("int8 takes its ranges from --calibration where that is given", async () => {
    const texts = join(root, "data", "support", "sentences.txt");
    await write("calibrated.npy", "--dtype", "int8", "--calibration", texts);
    const ranges = (name: string) =>
      JSON.parse(readFileSync(out(`${name}.manifest.json`), "utf8")).ranges;
    expect(ranges("calibrated.npy").low[0]).toBeLessThan(ranges("int8.npy").low[0]);
  });

  it("binary packs 8 signs into a byte", async () => {
    const { descr, shape, body } = readNpy(await write("bits.npy", "--dtype", "binary"));
    expect([descr, shape]).toEqual(["|i1", [rows, cols / 8]]);
    const bits = [...new Int8Array(body)].flatMap((byte) =>
      [7, 6, 5, 4, 3, 2, 1, 0].map((k) => ((byte + 128) >> k) & 1),
    );
    expect(bits).toEqual([...vectors].map((x) => Number(x > 0)));
  });

  it("--dim keeps a prefix at length 1", async () => {
    const { shape, body } = readNpy(await write("cut.npy", "--dim", "64"));
    expect(shape).toEqual([rows, 64]);
    const cut = [...new Float32Array(body)].slice(0, 64);
    const prefix = row(0).slice(0, 64);
    expect(Math.max(...cut.map((x, k) => Math.abs(x - prefix[k] / norm(prefix))))).toBeLessThan(
      1e-6,
    );
  });

  it("--prompt stands before every text, by itself or by a name of --prompts", async () => {
    const typed = writeIn(folder, "typed.txt", "query: How do I reset it?\n");
    const spelt = out("spelt.npy");
    expect((await embtune(["embed", typed, "--out", spelt])).code).toBe(0);
    const wanted = new Float32Array(readNpy(spelt).body);
    const literal = new Float32Array(readNpy(await write("q.npy", "--prompt", "query: ")).body);
    const named = await write("n.npy", "--prompts", "query=query: ", "--prompt", "query");
    const byName = new Float32Array(readNpy(named).body);
    const far = (a: Float32Array) =>
      Math.max(...a.subarray(0, cols).map((x, k) => Math.abs(x - wanted[k])));
    expect(far(literal)).toBeLessThan(1e-6);
    expect([...byName]).toEqual([...literal]);
    expect(far(vectors)).toBeGreaterThan(1e-3);
  });
});

/** Where the rows of a file begin. */
function bodyStart(extension: string, bytes: Buffer): number {
  if (extension === ".npy") return 128;
  if (extension === ".safetensors") return 8 + Number(bytes.readBigUInt64LE(0));
  return extension === ".csv" ? bytes.indexOf("\n") + 1 : 0;
}

describe("shards", () => {
  it.each([".npy", ".jsonl", ".csv", ".safetensors", ".fvecs"])(
    "of a %s file are put together in order, under the header of the whole",
    async (extension) => {
      const whole = readFileSync(await write(`whole${extension}`));
      const parts: string[] = [];
      for (const i of [1, 2, 3])
        parts.push(await write(`part${i}${extension}`, "--shard", `${i}/3`));
      const files = [parts[2], parts[0], parts[1]];
      const merged = out(`merged${extension}`);
      const { code } = await embtune(["embed", "--merge", ...files, "--out", merged]);
      expect(code).toBe(0);
      const bodies = parts.map((path) => {
        const bytes = readFileSync(path);
        return bytes.subarray(bodyStart(extension, bytes));
      });
      const header = whole.subarray(0, bodyStart(extension, whole));
      expect(readFileSync(merged).equals(Buffer.concat([header, ...bodies]))).toBe(true);
      const manifest = JSON.parse(readFileSync(`${merged}.manifest.json`, "utf8"));
      expect(manifest.rows).toBe(rows);
      expect(manifest.shard).toBeUndefined();
    },
  );

  it("have the vectors of the whole, but for rounding in batches of other lengths", () => {
    const merged = new Float32Array(readNpy(out("merged.npy")).body);
    expect(Math.max(...merged.map((x, i) => Math.abs(x - vectors[i])))).toBeLessThan(1e-6);
  });

  it.each(["float32", "float16", "binary"])(
    "of a .parquet file of %s are read and written again as one table",
    async (dtype) => {
      const options = ["--keep-columns", "--dtype", dtype];
      const parts: string[] = [];
      for (const i of [1, 2, 3])
        parts.push(await write(`${dtype}${i}.parquet`, ...options, "--shard", `${i}/3`));
      const merged = out(`${dtype}.parquet`);
      const files = [parts[1], parts[2], parts[0]];
      const { code } = await embtune(["embed", "--merge", ...files, "--out", merged]);
      expect(code).toBe(0);
      const read = async (path: string) =>
        parquetReadObjects({ file: await asyncBufferFromFile(path) });
      const rowsOfParts = (await Promise.all(parts.map(read))).flat();
      expect(await read(merged)).toEqual(rowsOfParts);
      expect(rowsOfParts.map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
      const manifest = JSON.parse(readFileSync(`${merged}.manifest.json`, "utf8"));
      expect(manifest).toMatchObject({ rows, dtype, format: "parquet" });
      expect(manifest.shard).toBeUndefined();
    },
  );

  it("of a .parquet file that are damaged or hold other rows are named, and nothing is left", async () => {
    const merge = (...files: string[]) =>
      embtune(["embed", "--merge", ...files, "--out", out("m.parquet")]);
    const [first, second, third] = [1, 2, 3].map((i) => out(`float32${i}.parquet`)) as [
      string,
      string,
      string,
    ];
    const bytes = readFileSync(second);
    writeFileSync(second, bytes.subarray(0, bytes.length - 20));
    const damaged = await merge(first, second, third);
    expect(damaged.code).toBe(1);
    expect(damaged.stderr).toContain("float322.parquet: is a Parquet file that cannot be read");
    cpSync(third, second);
    const swapped = await merge(first, second, third);
    expect(swapped.stderr).toContain("float322.parquet: holds 2 rows, but its manifest says 1");
    expect(readdirSync(folder).filter((name) => name.startsWith("m.parquet"))).toEqual([]);
  });

  it("that are missing or differ are named", async () => {
    const missing = await embtune([
      ...["embed", "--merge", out("part1.npy"), out("part3.npy"), "--out", out("m.npy")],
    ]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain("shard 2 of 3 is not among the files");
    await write("other.npy", "--shard", "2/3", "--prompt", "query: ");
    const files = [out("part1.npy"), out("other.npy"), out("part3.npy")];
    const differs = await embtune(["embed", "--merge", ...files, "--out", out("m.npy")]);
    expect(differs.code).toBe(1);
    expect(differs.stderr).toContain("other.npy: differs from the other shards in prompt");
    expect(existsSync(out("m.npy"))).toBe(false);
  });
});

describe("refusals", () => {
  it.each([
    [["--out", "v.fvecs", "--dtype", "int8"], ".fvecs holds float32, not int8"],
    [["--out", "v.npy", "--keep-columns"], "--keep-columns has no place there"],
    [["--out", "v.npy", "--calibration", source], "no effect without --dtype int8"],
    [["--out", "v.npy", "--dtype", "int8", "--shard", "1/2"], "would differ between shards"],
    [["--out", "v.npy", "--prompts", "query=q:"], "no effect unless --prompt names one"],
    [["--out", "v.npy", "--shard", "3/2"], "--shard must be i/n with 1 ≤ i ≤ n"],
    [["--out", "v.npy", "--dim", `${cols + 1}`], `--dim must be at most the model's ${cols}`],
    [["--out", "v.jsonl", "--keep-columns", "nota"], 'names "nota", which'],
    [["--out", "v.npy", "--model-dtype", "fp16"], "has no onnx/model_fp16.onnx"],
  ])("%j", async (args, message) => {
    const cwd = freshFolder();
    const { code, stderr } = await embtune(["embed", source, ...args], { cwd });
    expect(code === 1 || code === 2).toBe(true);
    expect(stderr).toContain(message);
    expect(readdirSync(cwd).filter((name) => name.startsWith("v."))).toEqual([]);
  });
});

describe("cells that a spreadsheet would run", () => {
  it("get ' before them with --csv-safe, which changes no vector", async () => {
    const file = writeIn(folder, "formula.csv", "text,note\n=1+1,@x\nplain,-2\n");
    const args = ["embed", file, "--keep-columns"];
    for (const [name, more] of [
      ["safe.csv", ["--csv-safe"]],
      ["bare.csv", []],
    ] as const)
      expect((await embtune([...args, "--out", out(name), ...more])).code).toBe(0);
    const lines = (name: string) => readFileSync(out(name), "utf8").split("\n");
    expect(lines("safe.csv")[1]).toBe(lines("bare.csv")[1]?.replace("=1+1,@x", "'=1+1,'@x"));
    expect(lines("safe.csv")[2]).toBe(lines("bare.csv")[2]);
    expect((await embtune([...args.slice(0, 2), "--out", out("s.npy"), "--csv-safe"])).code).toBe(
      2,
    );
  });
});

describe("how the data are read", () => {
  it("can be set", async () => {
    const file = writeIn(folder, "bar.txt", 'a "b|1\nc|2\n');
    const args = ["embed", file, "--no-header", "--delimiter", "|", "--no-quotes", "--column", "1"];
    const { stderr, code } = await embtune([...args, "--out", out("bar.jsonl")]);
    expect(code).toBe(0);
    expect(stderr).toContain("bar-separated, no quotes, no header");
    const lines = readFileSync(out("bar.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(['a "b', "c"]);
  });
});
