import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** A tiny BERT with mean pooling, 48 positions and texts of at most 32 tokens. */
export const tiny = "test/fixtures/encoders/bert-torchscript-11";

/** A new, empty folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "embtune-encoder-"));
}

/** Content of files by their path in the folder: a text, an object (as JSON), bytes, or null for a file to be left out. */
export type Changes = Readonly<Record<string, string | object | Uint8Array | null>>;

/** A copy of the tiny encoder with some files changed; weights are linked, not copied. */
export function modelCopy(changes: Changes = {}): string {
  const folder = temporaryFolder();
  cpSync(tiny, folder, { recursive: true, filter: (path) => !path.endsWith(".onnx") });
  mkdirSync(join(folder, "onnx"), { recursive: true });
  symlinkSync(resolve(tiny, "onnx/model.onnx"), join(folder, "onnx/model.onnx"));
  writeFiles(folder, changes);
  return folder;
}

/** Writes, replaces and removes files. */
export function writeFiles(folder: string, changes: Changes): void {
  for (const [name, content] of Object.entries(changes)) {
    const path = join(folder, name);
    rmSync(path, { recursive: true, force: true });
    if (content === null) continue;
    mkdirSync(dirname(path), { recursive: true });
    const isJson = typeof content === "object" && !(content instanceof Uint8Array);
    writeFileSync(path, isJson ? JSON.stringify(content) : content);
  }
}
