import { execFileSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeFileAtomic } from "../../src/files/files.js";
import {
  refuseInside,
  refuseSameFile,
  requireReadable,
  requireReplaceable,
} from "../../src/files/usable-path.js";

const folder = mkdtempSync(join(tmpdir(), "paths "));
const at = (name: string): string => join(folder, name);
writeFileSync(at("file"), "content");
mkdirSync(at("inner"));
symlinkSync(at("file"), at("link"));
linkSync(at("file"), at("hard"));
execFileSync("mkfifo", [at("pipe")]);

describe("requireReadable", () => {
  it("takes files, links to them, what is not there, and pipes where they are read once", () => {
    for (const name of ["file", "link", "absent"])
      expect(() => requireReadable(at(name))).not.toThrow();
    expect(() => requireReadable(at("pipe"), { pipes: true })).not.toThrow();
  });

  it("refuses folders, devices and pipes", () => {
    expect(() => requireReadable(at("inner"))).toThrow("is a folder, expected a file");
    expect(() => requireReadable(at("pipe"))).toThrow("is a pipe, expected a file");
    expect(() => requireReadable("/dev/zero")).toThrow("is a device, expected a file");
  });
});

describe("an output", () => {
  it("takes the place of a file or a link, never of a folder, pipe or device", async () => {
    expect(() => requireReplaceable(at("link"))).not.toThrow();
    for (const place of [at("inner"), at("pipe"), "/dev/full"]) {
      expect(() => requireReplaceable(place)).toThrow("a file would take its place");
      await expect(writeFileAtomic(place, "x")).rejects.toThrow("a file would take its place");
    }
  });

  it("is none of the inputs, by name, by a symbolic or by a hard link", () => {
    for (const same of ["file", "inner/../file", "link", "hard"])
      expect(() => refuseSameFile(at(same), [undefined, at("file")])).toThrow(
        "is the same file as",
      );
    expect(() => refuseSameFile(at("other"), [at("file")])).not.toThrow();
    expect(() => refuseSameFile(at("link"), [at("file")], "--html")).toThrow("--html");
    expect(readFileSync(at("file"), "utf8")).toBe("content");
  });

  it("that is a folder holds none of the inputs", () => {
    expect(() => refuseInside(folder, [at("file")])).toThrow("which is read");
    expect(() => refuseInside(at("inner"), [at("inner")])).toThrow("which is read");
    expect(() =>
      refuseInside(at("inner"), [at("file"), at("inner-other"), undefined]),
    ).not.toThrow();
  });
});
