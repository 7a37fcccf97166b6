import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chromiumPath, launch } from "../support/chromium.js";
import { root } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const resolve = createRequire(import.meta.url).resolve;
const library = dirname(resolve("@xenova/transformers"));
const wasm = join(library, "..", "..", "..", "onnxruntime-web", "dist");
const folder = mkdtempSync(join(tmpdir(), "browser-"));
const text = "A dog sleeps on the warm stones.";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** What a static site would have: a page, the library, its WebAssembly, and exported folders. */
const page = `<!doctype html><script type="importmap">{"imports": {
  "onnxruntime-web": "/ort/ort.bundle.min.mjs",
  "onnxruntime-web/webgpu": "/ort/ort.webgpu.bundle.min.mjs",
  "onnxruntime-common": "/ort/ort.bundle.min.mjs"
}}</script><script type="module">
import { env, pipeline } from "/library/transformers.web.js";
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = "/models/";
env.backends.onnx.wasm.wasmPaths = "/ort/";
env.backends.onnx.wasm.numThreads = 1;
globalThis.embed = async (model, text) => {
  const extract = await pipeline("feature-extraction", model);
  const { data } = await extract(text, { pooling: "cls", normalize: true });
  return [...data];
};
globalThis.ready = true;
</script>`;

const places: Readonly<Record<string, string>> = { library, ort: wasm, models: folder };

let server: Server | undefined;
let browser: Browser | undefined;

beforeAll(async () => {
  if (chromiumPath === undefined) return;
  for (const [name, args] of [
    ["fp32", []],
    ["q8", ["--dtype", "int8"]],
  ] as const) {
    const to = join(folder, name);
    const { code, stderr } = await embtune([
      ...[
        "export",
        join(root, "test", "fixtures", "encoders", "bert-torchscript-14"),
        "--to",
        to,
        ...args,
      ],
    ]);
    expect(stderr + code).toMatch(/0$/);
  }
  server = createServer((request, response) => {
    const [, place, ...rest] = (request.url ?? "").split("?")[0].split("/");
    const file = place === "" ? undefined : join(places[place] ?? "none", ...rest);
    if (file !== undefined && (rest.length === 0 || !existsSync(file))) {
      response.writeHead(404).end();
      return;
    }
    const type = types[file === undefined ? ".html" : extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type });
    response.end(file === undefined ? page : readFileSync(file));
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  browser = await launch();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

it.skipIf(chromiumPath === undefined || !existsSync(wasm))(
  "exported folders load in a browser with nothing but their name, with and without q8 weights",
  async () => {
    const { port } = (server as Server).address() as AddressInfo;
    const opened = await (browser as Browser).newPage();
    const complaints: string[] = [];
    opened.on("pageerror", (error) => complaints.push(error.message));
    await opened.goto(`http://127.0.0.1:${port}/`);
    await opened
      .waitForFunction("globalThis.ready", undefined, { timeout: 30_000 })
      .catch(() => {});
    expect(complaints).toEqual([]);
    const out = join(folder, "v.jsonl");
    const source = join(folder, "t.txt");
    writeFileSync(source, `${text}\n`);
    await embtune(["embed", source, "--model", join(folder, "fp32"), "--out", out]);
    const { embedding } = JSON.parse(readFileSync(out, "utf8")) as { embedding: number[] };
    for (const [model, least] of [
      ["fp32", 0.99999],
      ["q8", 0.9],
    ] as const) {
      const found = await opened.evaluate(
        ([name, words]) =>
          (globalThis as unknown as { embed: (m: string, t: string) => Promise<number[]> }).embed(
            name,
            words,
          ),
        [model, text] as const,
      );
      const cosine = found.reduce((sum, value, i) => sum + value * embedding[i], 0);
      expect(cosine).toBeGreaterThan(least);
    }
  },
  120_000,
);
