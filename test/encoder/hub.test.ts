import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isHubId } from "../../src/encoder/hub.js";
import { readModelFolder } from "../../src/encoder/model-folder.js";
import { locateModel } from "../../src/encoder/model-location.js";
import { temporaryFolder, tiny } from "./model-copy.js";

/** A hub with one model, a tiny one, under the id `stub/mini`, and one whose files are out of order. */
const weights = "test/fixtures/sentence-modules/bert-weightedmean-dense";
const folders: Readonly<Record<string, string>> = {
  "stub/mini": tiny,
  "stub/weights": weights,
  "stub/classic": "test/fixtures/static/classic",
  "stub/model2vec": "test/fixtures/static/model2vec",
};
let server: Server;
let host: string;
const requests: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = "" } = request;
    requests.push(url);
    const [, id, file = ""] = /^\/(stub\/\w+)\/resolve\/main\/(.+)$/.exec(url) ?? [];
    const path = join(folders[id] ?? "none", file);
    if (id === "stub/broken") response.writeHead(500).end();
    else if (!existsSync(path)) response.writeHead(404).end();
    else {
      response.writeHead(200, { "content-length": statSync(path).size });
      createReadStream(path).pipe(response);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  requests.length = 0;
});

describe("a hub id", () => {
  it("is refused without --allow-download, and nothing is asked of the network", async () => {
    const hub = { host, cache: temporaryFolder() };
    await expect(locateModel("stub/mini", { hub })).rejects.toMatchObject({
      code: "no-such-model",
      exitCode: 2,
      hint: expect.stringContaining("--allow-download"),
    });
    expect(requests).toEqual([]);
  });

  it("is downloaded with it, in the layout of a model folder, and only once", async () => {
    // As a program may have it for its own models.
    const { env } = await import("@xenova/transformers");
    env.allowRemoteModels = false;
    const hub = { host, cache: temporaryFolder() };
    const location = await locateModel("stub/mini", { hub, allowDownload: true });
    expect(location).toEqual({
      path: join(hub.cache, "stub/mini"),
      name: "stub/mini",
      source: "hub",
    });
    const folder = await readModelFolder(location);
    expect(folder.modules).toMatchObject({ pooling: "mean", normalize: true });
    expect(folder.maxSeqLength).toBe(32);
    for (const file of ["onnx/model.onnx", "tokenizer.json", "tokenizer_config.json"]) {
      expect(readFileSync(join(location.path, file)).equals(readFileSync(join(tiny, file)))).toBe(
        true,
      );
    }
    expect(env.allowRemoteModels).toBe(false);
    const asked = requests.length;
    expect(await locateModel("stub/mini", { hub })).toEqual(location);
    expect(requests.length).toBe(asked);
  });

  it("without an ONNX file is downloaded with its weights and modules, and nothing else", async () => {
    const hub = { host, cache: temporaryFolder() };
    const location = await locateModel("stub/weights", { hub, allowDownload: true });
    const folder = await readModelFolder(location);
    expect(folder.modelFile).toBe(join(location.path, "model.safetensors"));
    expect(folder.modules).toMatchObject({ pooling: "weightedmean", normalize: true });
    for (const file of ["model.safetensors", "2_Dense/model.safetensors", "2_Dense/config.json"]) {
      const [fetched, own] = [location.path, weights].map((of) => readFileSync(join(of, file)));
      expect(fetched.equals(own), file).toBe(true);
    }
    const given = readdirSync(location.path, { recursive: true }).map(String);
    expect(given.filter((name) => /reference\.json|partial|\.onnx$/.test(name))).toEqual([]);
  });

  it.each([
    ["stub/classic", "0_StaticEmbedding/model.safetensors"],
    ["stub/model2vec", "model.safetensors"],
  ])("of a static model, %s, is downloaded with its table", async (id, table) => {
    const hub = { host, cache: temporaryFolder() };
    const location = await locateModel(id, { hub, allowDownload: true });
    const folder = await readModelFolder(location);
    expect(folder).toMatchObject({ isStatic: true, modelFile: join(location.path, table) });
    expect(existsSync(join(folder.home, "tokenizer.json"))).toBe(true);
    expect(requests.filter((url) => url.includes("onnx"))).toEqual([]);
  });

  it.each(["stub/absent", "stub/broken"])("%s: the failure is told", async (id) => {
    const hub = { host, cache: temporaryFolder() };
    await expect(locateModel(id, { hub, allowDownload: true })).rejects.toMatchObject({
      code: "download-failed",
      exitCode: 1,
      message: expect.stringContaining(id),
    });
    await expect(locateModel(id, { hub })).rejects.toMatchObject({ code: "no-such-model" });
    expect(existsSync(join(hub.cache, id, "download.json"))).toBe(false);
  });

  it("that no server answers is told as well", async () => {
    const hub = { host: "http://127.0.0.1:9", cache: temporaryFolder() };
    await expect(locateModel("stub/mini", { hub, allowDownload: true })).rejects.toMatchObject({
      code: "download-failed",
    });
    expect(readdirSync(hub.cache).length).toBeLessThanOrEqual(1);
  });

  it("has two parts and stays inside the cache", () => {
    expect(["org/name", "a-b/c.d_e"].every(isHubId)).toBe(true);
    expect(["name", "a/b/c", "../etc", "a/..", "./a", "/a/b", "a/", "a b/c"].some(isHubId)).toBe(
      false,
    );
  });
});
