import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileError, writeFileAtomic } from "../files/files.js";
import { createTopList, type TopList } from "../search/top-list.js";

/** What a search that was interrupted left behind. */
interface SearchState {
  /** What was found in the first `done` blocks, or undefined. */
  readonly read: () => { readonly list: TopList; readonly done: number } | undefined;
  /** Keeps what was found in the first `done` of all blocks; after the last one nothing is kept. */
  readonly write: (list: TopList, done: number, blocks: number) => Promise<void>;
}

interface SearchKey {
  /** Everything that the result depends on: models, files, prompts. */
  readonly key: readonly unknown[];
  readonly queries: number;
  readonly k: number;
}

/** Keeps the state of a search in a folder under a name that depends on everything the result depends on. */
export function openSearchState(folder: string, { key, queries, k }: SearchKey): SearchState {
  const hash = createHash("sha256")
    .update(JSON.stringify([key, queries, k]))
    .digest("hex");
  const path = join(folder, `search-${hash.slice(0, 16)}.bin`);
  const bytes = 4 + 8 * queries * k;
  return {
    read: () => {
      if (!existsSync(path)) return undefined;
      const content = readFileSync(path);
      if (content.length !== bytes) return undefined;
      const buffer = content.buffer.slice(content.byteOffset, content.byteOffset + bytes);
      const list = createTopList(queries, k);
      list.documents.set(new Int32Array(buffer, 4, queries * k));
      list.scores.set(new Float32Array(buffer, 4 + 4 * queries * k, queries * k));
      return { list, done: new Int32Array(buffer, 0, 1)[0] ?? 0 };
    },
    write: async (list, done, blocks) => {
      if (done === blocks) {
        rmSync(path, { force: true });
        return;
      }
      try {
        mkdirSync(folder, { recursive: true });
      } catch (error) {
        throw fileError(error, folder);
      }
      await writeFileAtomic(path, async (append) => {
        for (const part of [Int32Array.of(done), list.documents, list.scores])
          await append(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      });
    },
  };
}
