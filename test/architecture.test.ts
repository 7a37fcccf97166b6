import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const layers = [
  "errors",
  "options",
  "math",
  "files",
  "dataset",
  "onnx",
  "graph",
  "autodiff",
  "objectives",
  "optim",
  "runtime",
  "encoder",
  "search",
  "evaluation",
  "mining",
  "training",
  "export",
  "embeddings",
  "distillation",
  "report",
  "jobs",
  "cli",
];

/** The rooms of training/, in the order of their imports. */
const rooms = [
  "options",
  "run-folder",
  "watch",
  "batches",
  "auxiliary",
  "selection",
  "plan",
  "model",
  "update",
  "memory",
  "run",
];

/** Packages that only one layer may import. */
const owners: Record<string, string> = {
  "onnxruntime-node": "runtime",
  "@xenova/transformers": "encoder",
  commander: "cli",
  "cli-progress": "cli",
  vega: "report",
  "vega-lite": "report",
  "umap-js": "report",
};

const src = join(import.meta.dirname, "..", "src");
/** The kernel is AssemblyScript, a language of its own. */
const kernel = join("optim", "kernel", "assembly");

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)))
  .filter((path) => !path.startsWith(kernel))
  .sort();

const text = (path: string): string => readFileSync(join(src, path), "utf8");
const layerOf = (path: string): string => path.split(sep)[0] ?? "";

/** Module names that a file imports, also by `import(…)` and `export … from`. */
function importsOf(path: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)"([^"]+)"/g;
  return [...text(path).matchAll(pattern)].map((match) => match[1] ?? "");
}

/** Paths inside src/ that a file imports. */
function targets(path: string): string[] {
  return importsOf(path)
    .filter((name) => name.startsWith("."))
    .map((name) => relative(src, join(src, path, "..", name)));
}

describe("layers", () => {
  it("finds the sources", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files).toContain(join("graph", "builder.ts"));
  });

  it("each file imports only from its own layer and from layers to its left", () => {
    const wrong = files.flatMap((path) => {
      const rank = layers.indexOf(layerOf(path));
      if (path === "index.ts") return [];
      if (rank < 0) return [`${path} belongs to no layer`];
      return targets(path)
        .filter(
          (target) => layers.indexOf(layerOf(target)) > rank || layers.indexOf(layerOf(target)) < 0,
        )
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it("each room of training imports only from itself and from rooms to its left", () => {
    const roomOf = (path: string): number => rooms.indexOf(path.split(sep)[1] ?? "");
    const wrong = files
      .filter((path) => layerOf(path) === "training")
      .flatMap((path) =>
        targets(path)
          .filter((target) => layerOf(target) === "training" && roomOf(target) > roomOf(path))
          .concat(roomOf(path) < 0 ? ["no room"] : [])
          .map((target) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it("dataset knows only errors, options, math and files", () => {
    const allowed = ["errors", "options", "math", "files", "dataset"];
    const wrong = files
      .filter((path) => layerOf(path) === "dataset")
      .flatMap((path) => targets(path).filter((target) => !allowed.includes(layerOf(target))));
    expect(wrong).toEqual([]);
  });

  it("packages are imported only by the layer that owns them", () => {
    const wrong = files.flatMap((path) =>
      importsOf(path)
        .filter((name) => owners[name] !== undefined && owners[name] !== layerOf(path))
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("charts are drawn by packages that are loaded with the first chart, not at the start", () => {
    const early = files.filter((path) =>
      /^(import(?! type)|export)[^;]*from "(vega|vega-lite|umap-js)"/m.test(text(path)),
    );
    expect(early).toEqual([]);
    expect(files.some((path) => /import\("vega"\)/.test(text(path)))).toBe(true);
  });

  it("only cli touches the console, argv and the process's exit", () => {
    const pattern = /\bconsole\.|process\.(argv|exit|stdout|stderr|stdin|on)\b/;
    const wrong = files.filter((path) => layerOf(path) !== "cli" && pattern.test(text(path)));
    expect(wrong).toEqual([]);
  });
});

describe("size", () => {
  it("no source file is longer than 300 lines", () => {
    const long = files.filter((path) => text(path).split("\n").length > 301);
    expect(long).toEqual([]);
  });

  it("has no file without an export", () => {
    const without = files.filter(
      (path) => !/^export /m.test(text(path)) && !/worker\.ts$|main\.ts$/.test(path),
    );
    expect(without).toEqual([]);
  });
});
