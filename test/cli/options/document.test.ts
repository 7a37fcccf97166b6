import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentedCommands, withOptionTables } from "../../../src/cli/options/document.js";
import { root } from "../../support/cli.js";

const page = readFileSync(join(root, "docs", "cli.md"), "utf8");

describe("docs/cli.md", () => {
  it("has the tables that the options give: node scripts/build.js && node scripts/option-tables.js", () => {
    expect(withOptionTables(page)).toBe(page);
  });

  it("shows every command's options", () => {
    for (const command of documentedCommands)
      expect(page).toContain(`<!-- options of ${command} -->`);
  });

  it("would be told stale", () => {
    const stale = page.replace(/\| rows of an update \|/, "| rows |");
    expect(stale).not.toBe(page);
    expect(withOptionTables(stale)).toBe(page);
  });
});
