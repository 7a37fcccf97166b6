import { UserError } from "../../errors/user-error.js";

const begins =
  (...starts: readonly (string | readonly number[])[]) =>
  (head: Buffer): boolean =>
    starts.some((start) => {
      const bytes = typeof start === "string" ? Buffer.from(start, "latin1") : Buffer.from(start);
      return head.subarray(0, bytes.length).equals(bytes);
    });

/** By the first characters. */
const begin =
  (pattern: RegExp) =>
  (head: Buffer): boolean =>
    pattern.test(
      head
        .subarray(0, 4096)
        .toString("utf8")
        .replace(/^\ufeff/, ""),
    );

const zip = begins("PK\u0003\u0004", "PK\u0005\u0006");
const unpack = (tool: string): string => `unpack it first: ${tool}`;
const pandas = "write it as Parquet or JSON Lines, for example with pandas: df.to_parquet(…)";

const foreign: readonly {
  readonly name: string;
  readonly matches: (head: Buffer) => boolean;
  readonly hint: string;
}[] = [
  {
    name: "an Excel workbook (.xlsx)",
    matches: (head) => zip(head) && (head.includes("xl/") || head.includes("[Content_Types]")),
    hint: "save the sheet as CSV UTF-8 and give that file",
  },
  {
    name: "an OpenDocument file (.ods)",
    matches: (head) => zip(head) && head.includes("vnd.oasis.opendocument"),
    hint: "save the sheet as CSV and give that file",
  },
  {
    name: "a NumPy archive (.npz) or zipped NumPy file",
    matches: (head) => zip(head) && head.subarray(0, 200).includes(".npy"),
    hint: "give a file of texts; vectors are read by embtune train --teacher-vectors FILE.npy",
  },
  { name: "a zip archive", matches: zip, hint: unpack("unzip FILE") },
  {
    name: "an old Excel workbook (.xls)",
    matches: begins([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]),
    hint: "save the sheet as CSV UTF-8 and give that file",
  },
  {
    name: "xz-compressed",
    matches: begins([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
    hint: unpack("xz -d FILE, or compress with gzip"),
  },
  {
    name: "bzip2-compressed",
    matches: (head) =>
      begins("BZh")(head) && head.subarray(4, 10).toString("hex") === "314159265359",
    hint: unpack("bzip2 -d FILE, or compress with gzip"),
  },
  {
    name: "zstd-compressed",
    matches: begins([0x28, 0xb5, 0x2f, 0xfd]),
    hint: unpack("zstd -d FILE, or compress with gzip"),
  },
  {
    name: "LZ4-compressed",
    matches: begins([0x04, 0x22, 0x4d, 0x18]),
    hint: unpack("lz4 -d FILE, or compress with gzip"),
  },
  {
    name: "a 7z archive",
    matches: begins([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]),
    hint: unpack("7z x FILE"),
  },
  {
    name: "a tar archive",
    matches: (head) => head.subarray(257, 262).toString("latin1") === "ustar",
    hint: unpack("tar -xf FILE"),
  },
  { name: "an Arrow file", matches: begins("ARROW1", "FEA1"), hint: pandas },
  {
    name: "an Arrow stream",
    matches: begins([0xff, 0xff, 0xff, 0xff]),
    hint: "write it as Parquet or JSON Lines, for example with datasets: ds.to_parquet(…) or ds.to_json(…)",
  },
  { name: "an ORC file", matches: begins("ORC"), hint: pandas },
  { name: "an Avro file", matches: begins("Obj\u0001"), hint: pandas },
  { name: "an HDF5 file", matches: begins("\u0089HDF\r\n"), hint: pandas },
  {
    name: "a SQLite database",
    matches: begins("SQLite format 3\0"),
    hint: "export the table: sqlite3 -header -csv FILE 'select …' > rows.csv",
  },
  {
    name: "a NumPy array (.npy)",
    matches: begins("\u0093NUMPY"),
    hint: "give a file of texts; vectors are read by embtune train --teacher-vectors FILE.npy",
  },
  {
    name: "a Python pickle",
    matches: (head) => head[0] === 0x80 && head[1] >= 2 && head[1] <= 5 && head.includes(0),
    hint: pandas,
  },
  {
    name: "a PDF document",
    matches: begins("%PDF-"),
    hint: "extract its text, one passage a line",
  },
  {
    name: "an HTML page",
    matches: begin(/^\s*<(!doctype html|html)\b/i),
    hint: "it may be a download's login or error page: fetch the file itself",
  },
  {
    name: "an XML file",
    matches: begin(/^\s*<\?xml\b/),
    hint: "write its rows as CSV or JSON Lines",
  },
  {
    name: "a table of Markdown",
    matches: begin(/^\s*\|.*\|[ \t]*\r?\n[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*\r?\n/),
    hint: "take the line below the header out: sed 2d FILE > FILE.txt, or save it as CSV",
  },
  {
    name: "labelled lines of fastText (__label__…)",
    matches: begin(/^__label__\S+[ \t].*\n__label__\S+[ \t]/),
    hint: "put the label into a column: sed -E 's/^__label__([^ ]+) +/\\1\\t/' FILE > FILE.tsv",
  },
  {
    name: "a Git LFS pointer, not the data it stands for",
    matches: begins("version https://git-lfs.github.com/spec/"),
    hint: "fetch the data: git lfs pull",
  },
];

/** UserError foreign-file for archives, workbooks and other files that are known by their first bytes and not read. */
export function refuseForeignFile(head: Buffer, file: string): void {
  const found = foreign.find(({ matches }) => matches(head));
  if (found === undefined) return;
  throw new UserError("foreign-file", `is ${found.name}, which is not read`, {
    at: { file },
    hint: found.hint.replaceAll("FILE", () => file),
  });
}
