import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The checkout. */
export const root = join(import.meta.dirname, "..", "..");

const program = join(root, "bin", "embtune.js");

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Sends the signal when this text has appeared on stderr. */
  readonly interruptAt?: string;
  /** Default SIGINT. */
  readonly signal?: NodeJS.Signals;
}

/** Runs the built program as a user would. */
export function embtune(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
    });
    let stdout = "";
    let stderr = "";
    let interrupted = false;
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (
        options.interruptAt !== undefined &&
        !interrupted &&
        stderr.includes(options.interruptAt)
      ) {
        interrupted = true;
        child.kill(options.signal ?? "SIGINT");
      }
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}

/** A fresh folder whose name has a space in it. */
export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), "embtune test "));
}

/** Writes a file into the folder and returns its path. */
export function writeIn(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
