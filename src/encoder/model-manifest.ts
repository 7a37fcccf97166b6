import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { UserError } from "../errors/user-error.js";
import { isObject } from "../files/json-file.js";
import { readSealed, sealedText } from "../files/sealed-json.js";
import { fileHash } from "./model-hash.js";

/** The file of a model folder that lists the SHA-256 of all others. */
const MANIFEST = "manifest.json";

/** Folders of other forms of the model, which embtune does not read. */
const OTHER_FORMS = /^(sentence-transformers|adapter)\//;

/** Writes manifest.json: the SHA-256 of every file of the folder by its path inside, with `/` between its parts. */
export async function writeManifest(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const hashed = await Promise.all(
    paths.map(async (path) => [nameIn(folder, path), await fileHash(path)] as const),
  );
  await writeFile(join(folder, MANIFEST), sealedText({ files: Object.fromEntries(hashed) }));
}

/**
 * Checks the files of a model folder against its manifest.json: all that embtune reads, and of its ONNX files `onnx` alone. False
 * where there is no manifest. UserError `damaged-model` names the file that is damaged or gone.
 */
export async function checkManifest(folder: string, onnx: string): Promise<boolean> {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) return false;
  const { files } = readSealed(path).content;
  if (!isObject(files)) throw damaged(path, "it lists no files");
  const chosen = nameIn(folder, onnx);
  const read = Object.entries(files).filter(
    ([name]) => !OTHER_FORMS.test(name) && (!name.startsWith("onnx/") || name.startsWith(chosen)),
  );
  await Promise.all(
    read.map(async ([name, hash]) => {
      const file = join(folder, name);
      if (!existsSync(file)) throw damaged(file, "no such file");
      if ((await fileHash(file)) !== hash)
        throw damaged(file, "its content does not fit its SHA-256");
    }),
  );
  return true;
}

function nameIn(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}

function damaged(file: string, what: string): UserError {
  return new UserError("damaged-model", `the model folder is damaged: ${what}`, {
    at: { file },
    hint: "write it again with embtune export RUN --to DIR; if you changed it yourself, remove manifest.json",
  });
}
