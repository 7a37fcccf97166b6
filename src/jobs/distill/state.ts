import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { UserError } from "../../errors/user-error.js";
import { writeFileAtomic } from "../../files/files.js";
import type { JsonObject } from "../../files/json-file.js";
import { readSealed, sealedText } from "../../files/sealed-json.js";
import type { AnyTable } from "../../options/option.js";
import { distillTable } from "../options/distill.js";
import { type DistillContext, distillPaths } from "./context.js";
import type { CorpusCount } from "./corpus.js";

/** What is done: the content of distill.json. */
export interface DistillState {
  readonly options: JsonObject;
  readonly corpus?: CorpusCount | undefined;
  /** Numbers of a student, and the score that the teacher's vectors have in its width. */
  readonly parameters?: number | undefined;
  readonly ceiling?: number | undefined;
  readonly steps?: number | undefined;
}

/** Options that may differ when the same call goes on. */
const FREE = new Set(["out", "reuse", "overwrite", "threads", "allowDownload"]);

/** What an option was before it could be chosen. */
const DEFAULTS: JsonObject = Object.fromEntries(
  Object.entries(distillTable as AnyTable)
    .filter(([name, { default: value }]) => !FREE.has(name) && value !== undefined)
    .map(([name, { default: value }]) => [name, value]),
);

/** Makes the folder where it is missing. UserError folder-in-use where it holds what no distillation wrote: more than a lock. */
export function claimFolder(out: string): void {
  mkdirSync(out, { recursive: true });
  if (existsSync(distillPaths(out).state)) return;
  if (readdirSync(out).every((name) => name.startsWith("run.lock"))) return;
  throw new UserError("folder-in-use", `"${out}" holds files that no distillation wrote`, {
    hint: "choose another --out",
  });
}

/**
 * What an earlier call has done in the folder, or the beginning; with `overwrite` all that is there goes, so the folder must be locked.
 * UserError other-options where another distillation was begun there.
 */
export function openState({ options }: DistillContext): DistillState {
  const { out, overwrite } = options;
  const paths = distillPaths(out);
  const own = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => !FREE.has(name) && !isEmpty(value)),
  );
  if (!existsSync(paths.state)) return { options: own };
  if (overwrite) {
    for (const path of Object.values(paths)) rmSync(path, { recursive: true, force: true });
    rmSync(`${paths.teacher}.manifest.json`, { force: true });
    return { options: own };
  }
  const known = readState(paths.state);
  const before = { ...DEFAULTS, ...known.options };
  const changed = [...new Set([...Object.keys(own), ...Object.keys(before)])].filter(
    (name) => JSON.stringify(own[name]) !== JSON.stringify(before[name]),
  );
  if (changed.length === 0) return known;
  throw new UserError(
    "other-options",
    `"${out}" holds a distillation with another ${changed.join(", ")}`,
    {
      hint: "give the same options to go on, --overwrite to begin anew, or another --out",
    },
  );
}

/** Nothing given, or of the ways to read a file none. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || JSON.stringify(value) === "{}";
}

/** What distill.json says. UserErrors as readSealed. */
export function readState(path: string): DistillState {
  return readSealed(path).content as unknown as DistillState;
}

export async function saveState(out: string, state: DistillState): Promise<void> {
  await writeFileAtomic(distillPaths(out).state, sealedText(state));
}
