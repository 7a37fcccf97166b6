import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../errors/user-error.js";
import { objectIn } from "../files/json-file.js";
import { listedModules } from "./modules/module-list.js";
import { INDEX_FILE, shardNames, WEIGHTS_FILE } from "./weights/stored-weights.js";

/** Where models are fetched from and kept. */
export interface HubOptions {
  /** Default: the Hugging Face hub. Others serve the same paths: `{host}/{org}/{name}/resolve/main/{file}`. */
  readonly host?: string | undefined;
  /** Default: ~/.cache/embtune/hub. A model lies in `{cache}/{org}/{name}`, in the layout of a model folder. */
  readonly cache?: string | undefined;
}

/** Files that not every model has, besides what transformers.js fetches for tokenizer and model. */
const SENTENCE_FILES = [
  "modules.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
];

/** Modules with weights of their own. */
const WEIGHTED = ["Dense", "LayerNorm"];

/** Written last: a folder without it was not fetched completely. */
const COMPLETE = "download.json";

/** Whether the text has the form `org/name`. */
export function isHubId(model: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(model) && !model.includes("..");
}

/**
 * The local folder of a hub model: the one fetched before, or fetched now when `allow` is set, else undefined.
 * A model that the hub does not have, or a broken connection, is a UserError.
 */
export async function downloadModel(
  id: string,
  allow: boolean,
  options: HubOptions = {},
): Promise<string | undefined> {
  const cache = options.cache ?? join(homedir(), ".cache", "embtune", "hub");
  const folder = join(cache, id);
  if (existsSync(join(folder, COMPLETE))) return folder;
  if (!allow) return undefined;
  try {
    await fetchModel(id, cache, options.host);
  } catch (cause) {
    throw new UserError("download-failed", `cannot fetch "${id}": ${(cause as Error).message}`, {
      hint: "check the name and the connection; the hub must offer tokenizer.json and onnx/model.onnx or model.safetensors",
      cause,
    });
  }
  return folder;
}

/**
 * transformers.js fetches tokenizer and model into its file cache, whose folders have the layout of a model folder; the files of
 * sentence-transformers, which it does not know, are fetched from the same place with its `fetch`.
 */
async function fetchModel(id: string, cache: string, host: string | undefined): Promise<void> {
  const { AutoModel, AutoTokenizer, env } = await import("@xenova/transformers");
  const { remoteHost, allowLocalModels, allowRemoteModels } = env;
  // The process may have forbidden it for its own models.
  Object.assign(env, {
    remoteHost: host ?? remoteHost,
    allowLocalModels: false,
    allowRemoteModels: true,
  });
  try {
    const base = `${env.remoteHost.replace(/\/$/, "")}/${id}/resolve/main/`;
    const folder = join(cache, id);
    const get = (file: string): Promise<boolean> => fetchOptional(base + file, join(folder, file));
    for (const file of SENTENCE_FILES) await get(file);
    const home = await staticHome(folder, get);
    if (home === undefined) await AutoTokenizer.from_pretrained(id, { cache_dir: cache });
    if (home !== undefined) await fetchStatic(home, get);
    else if (await isThere(`${base}onnx/model.onnx`)) {
      const model = await AutoModel.from_pretrained(id, { cache_dir: cache, dtype: "fp32" });
      await model.dispose();
    } else await fetchWeights(folder, get);
    await fetchModules(folder, get);
    await writeFile(join(folder, COMPLETE), `${JSON.stringify({ id, from: base })}\n`);
  } finally {
    Object.assign(env, { remoteHost, allowLocalModels, allowRemoteModels });
  }
}

/** The folder of a static model's table, inside the model's; undefined: it is none. */
async function staticHome(folder: string, get: Get): Promise<string | undefined> {
  const [first] = (await listedModules(join(folder, "modules.json"))) ?? [];
  if (first !== undefined) return first.kind === "StaticEmbedding" ? first.path : undefined;
  if (!(await get("config.json"))) return undefined;
  const { model_type: type } = await objectIn(join(folder, "config.json"));
  return type === "model2vec" ? "" : undefined;
}

/** Tokenizer and table of a static model; config.json where there is one. */
async function fetchStatic(home: string, get: Get): Promise<void> {
  const prefix = home === "" || home === "." ? "" : `${home}/`;
  for (const file of ["tokenizer.json", WEIGHTS_FILE])
    if (!(await get(prefix + file))) throw new Error(`it has no ${prefix}${file}`);
  for (const file of [`${prefix}tokenizer_config.json`, "config.json"]) await get(file);
}

/** Fetches a file of the model; false where there is none. */
type Get = (file: string) => Promise<boolean>;

/** config.json and the safetensors, in one file or in those that its index lists, of a model without ONNX file. */
async function fetchWeights(folder: string, get: Get): Promise<void> {
  await get("config.json");
  if (await get(WEIGHTS_FILE)) return;
  if (!(await get(INDEX_FILE))) throw new Error(`it has no onnx/model.onnx and no ${WEIGHTS_FILE}`);
  for (const name of await shardNames(folder))
    if (!(await get(name))) throw new Error(`${INDEX_FILE} lists ${name}, which is not there`);
}

/** The files of the modules that modules.json lists: settings, and weights where a module has some. */
async function fetchModules(folder: string, get: Get): Promise<void> {
  for (const { kind, path } of (await listedModules(join(folder, "modules.json"))) ?? []) {
    if (path === "" || path === ".") continue;
    await get(`${path}/config.json`);
    if (WEIGHTED.includes(kind)) await get(`${path}/${WEIGHTS_FILE}`);
  }
}

/** Whether the hub has the file. */
async function isThere(url: string): Promise<boolean> {
  const { env } = await import("@xenova/transformers");
  const { ok, status } = await env.fetch(url, { method: "HEAD" });
  if (!ok && status !== 404) throw new Error(`${url} answers ${status}`);
  return ok;
}

/** Fetches a file, and false where the hub says that there is none (404). Large files go to the disk as they come. */
async function fetchOptional(url: string, path: string): Promise<boolean> {
  const { env } = await import("@xenova/transformers");
  const response = await env.fetch(url);
  if (response.status === 404) return false;
  if (!response.ok || response.body === null) throw new Error(`${url} answers ${response.status}`);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  await writeFile(partial, response.body);
  await rename(partial, path);
  return true;
}
