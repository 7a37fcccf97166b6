import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors/user-error.js";
import {
  ensureEmptyFolder,
  fileError,
  sha256File,
  writeFileAtomic,
  writeFolderAtomic,
} from "../../src/files/files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "embtune-files-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const text = (...parts: string[]): string => readFileSync(join(folder, ...parts), "utf8");

/** The device that answers every write with ENOSPC. */
const DEV_FULL = "/dev/full";
async function writeToFullDevice(): Promise<void> {
  const file = await open(DEV_FULL, "w");
  try {
    await file.write("x");
  } finally {
    await file.close();
  }
}

describe("writeFileAtomic", () => {
  it("writes bytes, text and pieces, replacing an earlier file", async () => {
    const path = join(folder, "a.txt");
    await writeFileAtomic(path, "one");
    expect(text("a.txt")).toBe("one");
    await writeFileAtomic(path, Buffer.from("two"));
    expect(text("a.txt")).toBe("two");
    await writeFileAtomic(path, async (append) => {
      await append("three ");
      expect(text("a.txt")).toBe("two");
      await append(Buffer.from("четыре"));
    });
    expect(text("a.txt")).toBe("three четыре");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it("leaves the earlier file and nothing else when the content fails", async () => {
    const path = join(folder, "a.txt");
    await writeFileAtomic(path, "one");
    const failing = writeFileAtomic(path, async (append) => {
      await append("half");
      throw new Error("no more");
    });
    await expect(failing).rejects.toThrow("no more");
    expect(text("a.txt")).toBe("one");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it("names a folder that does not exist, and a path that is a folder", async () => {
    const missing = join(folder, "none", "a.txt");
    await expect(writeFileAtomic(missing, "x")).rejects.toMatchObject({
      code: "file-missing",
      at: { file: missing },
    });
    mkdirSync(join(folder, "sub"));
    await expect(writeFileAtomic(join(folder, "sub"), "x")).rejects.toMatchObject({
      code: "not-a-file",
    });
    expect(readdirSync(folder)).toEqual(["sub"]);
  });
});

describe("writeFolderAtomic", () => {
  it("shows the folder only when it is complete, and replaces an earlier one", async () => {
    const target = join(folder, "step-000100");
    const write = (content: string): Promise<void> =>
      writeFolderAtomic(target, async (temporary) => {
        mkdirSync(join(temporary, "onnx"));
        writeFileSync(join(temporary, "onnx", `${content}.onnx`), content);
        expect(existsSync(join(target, "onnx", `${content}.onnx`))).toBe(false);
      });
    await write("first");
    expect(text("step-000100", "onnx", "first.onnx")).toBe("first");
    await write("second");
    expect(readdirSync(join(target, "onnx"))).toEqual(["second.onnx"]);
    expect(readdirSync(folder)).toEqual(["step-000100"]);
  });

  it("leaves the earlier folder and nothing else when filling fails", async () => {
    const target = join(folder, "model");
    await writeFolderAtomic(target, async (f) => writeFileSync(join(f, "a"), "1"));
    const failing = writeFolderAtomic(target, async (f) => {
      writeFileSync(join(f, "a"), "2");
      throw new Error("no more");
    });
    await expect(failing).rejects.toThrow("no more");
    expect(text("model", "a")).toBe("1");
    expect(readdirSync(folder)).toEqual(["model"]);
  });

  it("names the folder that was meant where filling it fails in a file of the temporary one", async () => {
    const target = join(folder, "f");
    const filling = writeFolderAtomic(target, async (temporary) => {
      const at = { file: join(temporary, "a.bin") };
      throw new UserError("disk-full", "the disk is full", { at, hint: "free some space" });
    });
    await expect(filling).rejects.toMatchObject({
      code: "disk-full",
      at: { file: target },
      hint: "free some space",
    });
  });
});

describe.skipIf(!existsSync(DEV_FULL))(`a full disk, by ${DEV_FULL}`, () => {
  it("is a UserError that names the target and leaves nothing behind", async () => {
    const path = join(folder, "vectors.npy");
    const want = { code: "disk-full", at: { file: path }, hint: expect.stringContaining("free") };
    const file = writeFileAtomic(path, async (append) => {
      await append("half");
      await writeToFullDevice();
    });
    await expect(file).rejects.toMatchObject(want);
    await expect(writeFolderAtomic(path, writeToFullDevice)).rejects.toMatchObject(want);
    expect(readdirSync(folder)).toEqual([]);
  });
});

const mountable = ((): boolean => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const probe = mkdtempSync(join(tmpdir(), "embtune-mount-"));
  const ok = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe]).status === 0;
  if (ok) spawnSync("umount", [probe]);
  rmSync(probe, { recursive: true });
  return ok;
})();

describe.skipIf(!mountable)("a small disk of its own (needs the right to mount)", () => {
  let disk: string;
  const mount = (options: string): void => {
    const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]);
    expect(status).toBe(0);
  };
  beforeEach(() => {
    disk = join(folder, "disk");
    mkdirSync(disk);
  });
  afterEach(() => {
    spawnSync("umount", [disk]);
  });

  it("that runs full leaves the earlier file", async () => {
    mount("size=64k");
    const path = join(disk, "model.onnx");
    await writeFileAtomic(path, "small");
    await expect(writeFileAtomic(path, new Uint8Array(200_000))).rejects.toMatchObject({
      code: "disk-full",
      at: { file: path },
    });
    expect(readFileSync(path, "utf8")).toBe("small");
    expect(readdirSync(disk)).toEqual(["model.onnx"]);
  });

  it("that is read-only is named", async () => {
    mount("ro");
    const target = join(disk, "model");
    const want = { code: "read-only", at: { file: target } };
    await expect(writeFolderAtomic(target, async () => {})).rejects.toMatchObject(want);
    await expect(ensureEmptyFolder(target)).rejects.toMatchObject(want);
  });
});

describe("fileError", () => {
  it("maps the operating system's codes and keeps what it does not know", () => {
    const denied = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    expect(fileError(denied, "runs/a")).toMatchObject({
      code: "no-permission",
      message: "permission is denied",
      at: { file: "runs/a" },
      cause: denied,
    });
    const other = new Error("other");
    expect(fileError(other, "runs/a")).toBe(other);
  });
});

describe("sha256File", () => {
  it("equals the hash of the content, over several pieces", async () => {
    const path = join(folder, "big.bin");
    const content = Buffer.alloc(3_000_001, "embtune");
    writeFileSync(path, content);
    expect(await sha256File(path)).toBe(createHash("sha256").update(content).digest("hex"));
  });

  it("names a file that is missing", async () => {
    const path = join(folder, "none");
    await expect(sha256File(path)).rejects.toMatchObject({
      code: "file-missing",
      at: { file: path },
    });
  });
});

describe("ensureEmptyFolder", () => {
  it("creates the folder and accepts an empty one", async () => {
    const path = join(folder, "runs", "first");
    await ensureEmptyFolder(path);
    await ensureEmptyFolder(path);
    expect(readdirSync(path)).toEqual([]);
  });

  it("refuses a folder with content and a file, as a wrong use", async () => {
    writeFileSync(join(folder, "a"), "");
    await expect(ensureEmptyFolder(folder)).rejects.toMatchObject({
      code: "out-not-empty",
      exitCode: 2,
      hint: expect.stringContaining("--to"),
    });
    await expect(ensureEmptyFolder(join(folder, "a"))).rejects.toMatchObject({
      code: "out-not-a-folder",
      exitCode: 2,
    });
  });
});
