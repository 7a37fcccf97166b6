import type { RunRecord } from "../training/run-folder/run-folder.js";
import { formatTable } from "./table.js";

/** How the losses of several files went, a line a file; undefined for a run of one file. */
export function formatFileLosses({ files = [], result }: RunRecord): string | undefined {
  const { losses } = result ?? {};
  if (losses === undefined) return undefined;
  const rows = Object.entries(losses).map(([path, { updates, first, last }]) => [
    path,
    files.find((file) => file.path === path)?.objective ?? "",
    String(updates),
    first.toFixed(4),
    last.toFixed(4),
  ]);
  return formatTable(
    [
      { title: "file" },
      { title: "objective" },
      { title: "updates", align: "right" },
      { title: "first losses", align: "right" },
      { title: "last losses", align: "right" },
    ],
    rows,
  );
}
