import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian and others put the browser. */
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The machine's Chromium; undefined where there is none, and tests that need it are skipped. */
export const chromiumPath = places.find((path) => existsSync(path));

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath ?? "chromium", args: ["--no-sandbox"] });
}

/** A page as it opens from the disk. */
export interface OpenedPage {
  readonly page: Page;
  /** What it wrote to the console, what it threw and what it asked for beside itself. */
  readonly complaints: readonly string[];
}

interface View {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}

export async function openPage(
  browser: Browser,
  file: string,
  { width, colorScheme }: View,
): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  const own = pathToFileURL(file).href;
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== own && request.url() !== "data:,")
      complaints.push(`request: ${request.url()}`);
  });
  await page.goto(own);
  return { page, complaints };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Rules of accessibility that the page breaks, each with the first element. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: { run: () => Promise<AxeResult> } }).axe;
    const found = (await run()).violations;
    return found.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
  });
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Pixels by which the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - innerWidth") as Promise<number>;
}
