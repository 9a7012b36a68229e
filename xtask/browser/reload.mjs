// Many tabs of a served book: `CHROMIUM=… node reload.mjs URL PAGE`, PAGE being
// the markdown file behind the URL, which is changed here. Called by the tool's
// own tests.
//
// Each tab must show what changed, then why a build failed, then the mended
// page, without being touched. Says so, and ends with 0.

import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { chromium } from "playwright-core";

import { SWITCHES } from "./switches.mjs";

// More than the six connections that a browser opens to a server.
const TABS = 20;
// Under a second on an idle machine.
const PATIENCE = 60_000;

/// Puts the text into the file at once, as an editor does: a file that is
/// written in place is empty for a moment, and an empty page can be built.
async function save(file, text) {
  // Outside of the book's folder, where nothing looks for changes.
  const beside = `${dirname(dirname(file))}.saved`;
  await writeFile(beside, text);
  await rename(beside, file);
}

async function all(pages, what, condition, argument) {
  const waits = pages.map((page, index) =>
    page.waitForFunction(condition, argument, { timeout: PATIENCE, polling: 200 }).catch((error) => {
      throw new Error(`tab ${index + 1} ${what}: ${error.message.split("\n")[0]}`);
    }),
  );
  await Promise.all(waits);
}

async function main() {
  const [url, file] = process.argv.slice(2);
  const { CHROMIUM: executablePath } = process.env;
  const browser = await chromium.launch({ executablePath, args: SWITCHES });
  // Tabs of one context share the connections.
  const context = await browser.newContext();
  const pages = [];
  for (let count = 0; count < TABS; count += 1) {
    const page = await context.newPage();
    await page.goto(url, { timeout: PATIENCE });
    pages.push(page);
  }
  const shows = (text) => document.querySelector("main")?.textContent.includes(text);
  const text = await readFile(file, "utf8");
  await save(file, `${text}\nA line that is new.\n`);
  await all(pages, "does not reload", shows, "A line that is new.");
  await save(file, `${text}\n{{#solution none.rs}}\n`);
  const failed = () => document.querySelector("[role=alert]")?.checkVisibility() ?? false;
  await all(pages, "does not say that the build failed", failed);
  await all(pages, "lost the last good book", shows, "A line that is new.");
  await save(file, `${text}\nA line that is mended.\n`);
  await all(pages, "does not reload when it is mended", shows, "A line that is mended.");
  await browser.close();
  console.log(`${TABS} tabs reloaded`);
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  // Playwright ends the browser with this process.
  process.exit(1);
}
