// The browser checks of the built book: `CHROMIUM=… node check.mjs URL PAGE…`.
//
// Opens the pages, given relative to the URL, in one headless Chromium and
// prints a line of JSON for each thing checked; report.mjs has the format.
// Ends with 0 when it did its work, whatever it found.

import { chromium } from "playwright-core";

import * as access from "./checks/access.mjs";
import * as book from "./checks/book.mjs";
import * as drawing from "./checks/drawing.mjs";
import * as jump from "./checks/figure-jump.mjs";
import * as figureLinks from "./checks/figure-links.mjs";
import * as question from "./checks/figure-question.mjs";
import * as seen from "./checks/figure-seen.mjs";
import * as figures from "./checks/figures.mjs";
import * as graph from "./checks/graph.mjs";
import * as keyboard from "./checks/keyboard.mjs";
import * as layout from "./checks/layout.mjs";
import * as measured from "./checks/measured.mjs";
import * as model from "./checks/model.mjs";
import * as motion from "./checks/motion.mjs";
import * as page from "./checks/page.mjs";
import * as plain from "./checks/plain.mjs";
import * as targets from "./checks/targets.mjs";
import * as terms from "./checks/terms.mjs";
import * as weight from "./checks/weight.mjs";
import { report, tell } from "./report.mjs";
import { SWITCHES } from "./switches.mjs";
import { Tab } from "./tab.mjs";

// Each reader opens every page once, in a tab of their own, and runs their
// checks in this order: what only looks comes before what changes the page,
// and what was noticed on the way (page.*) comes last. A custom element of the
// book gets a module in checks/ and a line in each list that it belongs to.
const READERS = [
  {
    suffix: "",
    options: { viewport: { width: 1280, height: 800 } },
    theme: "light",
    checks: [
      ["one-main", page.oneMain],
      ["title", page.title],
      ["keyboard", keyboard.tab],
      ["details-keyboard", keyboard.details],
      ["targets", targets.links],
      ["overflow-1280", layout.overflow],
      ["code-boxes-1280", layout.codeBoxes],
      ["drawings", drawing.room],
      ["weight", weight.light],
      ["neighbours", terms.neighbours],
      ["term", terms.meaning],
      ["figures-print", figures.print],
      ["figures-steps", figures.steps],
      ["figure-seen", seen.screen],
      ["figure-jump", jump.still],
      ["figure-question", question.asked],
      ["figure-links", figureLinks.links],
      ["graph-print", graph.print],
      ["graph-size", graph.size],
      ["graph-seen", graph.screen],
      ["graph-keys", graph.keys],
      ["model-print", model.print],
      ["model-size", model.size],
      ["model-seen", model.screen],
      ["model-keys", model.keys],
      ["measured-print", measured.print],
      ["measured-asked", measured.asked],
      ["names", access.names],
      ["axe-light", access.axe],
      ["text", plain.remember],
      ["arrows", keyboard.arrows],
      ["script-errors", page.scriptErrors],
      ["requests", page.requests],
    ],
  },
  {
    suffix: "-360",
    options: {
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
      reducedMotion: "reduce",
    },
    theme: "navy",
    checks: [
      ["reduced-motion", motion.reduced],
      ["overflow-360", layout.overflow],
      ["code-boxes-360", layout.codeBoxes],
      ["tables-360", layout.tables],
      ["figures-360", figures.narrow],
      ["figure-seen-360", seen.phone],
      ["figure-jump-360", jump.still],
      ["graph-seen-360", graph.phone],
      ["model-seen-360", model.phone],
      ["measured-360", measured.narrow],
      ["axe-navy", access.axeLooks],
      ["code-keyboard", keyboard.code],
      ["script-errors-360", page.scriptErrors],
      ["requests-360", page.requests],
    ],
  },
  {
    suffix: "-plain",
    options: { javaScriptEnabled: false, viewport: { width: 1280, height: 800 } },
    checks: [
      ["plain-navigation", plain.navigation],
      ["plain-text", plain.compare],
      ["figures-plain", figures.plain],
      ["graph-plain", graph.plain],
      ["model-plain", model.plain],
      ["measured-plain", measured.plain],
      ["requests-plain", page.requests],
    ],
  },
];

// The Rust side waits for 20 s longer.
const PATIENCE = 1000 * (300 + 16 * (process.argv.length - 3));

/// Runs the checks of a reader on a page: what each has found.
async function look(reader, browser, tab, name) {
  const open = () => outcome(browser, () => tab.open(name).then(() => []));
  const opens = `opens${reader.suffix}`;
  const found = [[opens, await timed(opens, open)]];
  if (found[0][1].length > 0) return found;
  for (const [check, run] of reader.checks) {
    found.push([check, await timed(check, () => outcome(browser, () => run(tab)))]);
  }
  return found;
}

/// Reports what was found on the pages where nothing is wrong; leaves the
/// others in `doubtful`, with the way to look at them again.
async function read(reader, browser, base, names, shared, doubtful) {
  const create = () => Tab.create(browser, base, reader.options, reader.theme, shared);
  const tab = await create();
  for (const name of names) {
    const first = await look(reader, browser, tab, name);
    if (first.every(([, problems]) => problems.length === 0)) {
      for (const [check] of first) report(name, check, []);
      continue;
    }
    const again = async () => {
      const tab = await create();
      const second = await look(reader, browser, tab, name);
      await tab.close();
      return second;
    };
    doubtful.push({ name, first, again });
  }
  await tab.close();
}

/// Runs those checks of the whole book that `wanted` picks by their names.
async function once(browser, base, names, doubtful, wanted) {
  const create = () => Tab.create(browser, base, { viewport: { width: 1280, height: 800 } });
  const tab = await create();
  const passed = JSON.parse(process.env.PASSED ?? "[]");
  const checks = await book.checks(tab, names);
  for (const [check, run] of checks) {
    if (passed.includes(check) || !wanted(check)) continue;
    let about = names[0];
    const lookAt = async (tab) => {
      const { page, wrong } = await run(tab, names);
      about = page;
      return wrong;
    };
    tab.files();
    const kind = check.split(" ")[0];
    const problems = await timed(kind, () => outcome(browser, () => lookAt(tab)));
    if (problems.length === 0) {
      report(about, check, [], tab.files());
      continue;
    }
    const again = async () => {
      const tab = await create();
      const second = await outcome(browser, () => lookAt(tab));
      await tab.close();
      return [[check, second]];
    };
    // Which files it has asked for the second time isn't known: none are told,
    // and it runs again.
    doubtful.push({ name: about, first: [[check, problems]], again, files: [] });
  }
  await tab.close();
}

/// Looks once more, with no other tab beside: on a busy machine, what should be
/// there at once can come too late. What is well only then is told.
async function settle({ name, first, again, files }, once) {
  const second = once ? first : await again();
  for (const [check, problems] of second) report(name, check, problems, files);
  for (const [check, problems] of first) {
    const now = second.find(([other]) => other === check)?.[1];
    if (now?.length === 0) tell(name, check, problems);
  }
}

/// What a check finds. One that does not come to its end (what it waits for
/// never appears) has found something, too; without a browser it has not.
async function outcome(browser, check) {
  try {
    return await check();
  } catch (error) {
    if (!browser.isConnected()) throw error;
    // What follows is a log of Playwright's steps.
    return [error.message.split("\n")[0]];
  }
}

/// How long each check has taken, over all pages.
const seconds = {};

async function timed(check, run) {
  const start = performance.now();
  const result = await run();
  seconds[check] = (seconds[check] ?? 0) + (performance.now() - start) / 1000;
  return result;
}

async function main() {
  const [base, ...names] = process.argv.slice(2);
  const executablePath = process.env.CHROMIUM;
  if (!executablePath || !base?.endsWith("/") || names.length === 0) {
    const command = "CHROMIUM=/usr/bin/chromium node check.mjs";
    throw new Error(`usage: ${command} http://127.0.0.1:PORT/ PAGE…`);
  }
  // A server that does not answer is no fault of the book.
  await fetch(base).catch((error) => {
    throw new Error(`${base} does not answer: ${error.cause ?? error}`);
  });
  const browser = await chromium.launch({ executablePath, args: SWITCHES });
  const [screen, phone, paper] = READERS;
  // The build makes the last page without a source. Pages that have passed and
  // not changed are looked at only where a check is about the whole book.
  const unchanged = (process.env.UNCHANGED ?? "").split(" ");
  const pages = [...new Set([...names, "404.html"])].filter(
    (name) => !unchanged.includes(name),
  );
  const shared = {};
  const doubtful = [];
  // Two at a time: one tab mostly waits for the other's processor. Beside them
  // the whole book is laid out for paper, which takes longest of what each
  // change of a page asks for.
  const isPrint = (check) => check === "print";
  await Promise.all([
    read(screen, browser, base, pages, shared, doubtful).then(() =>
      read(paper, browser, base, pages, shared, doubtful),
    ),
    read(phone, browser, base, pages, {}, doubtful).then(() =>
      once(browser, base, names, doubtful, (check) => !isPrint(check)),
    ),
    once(browser, base, names, doubtful, isPrint),
  ]);
  for (const doubt of doubtful) await settle(doubt, process.env.ONCE !== undefined);
  await browser.close();
  console.log(JSON.stringify({ seconds }));
}

setTimeout(() => {
  console.error(`not done after ${PATIENCE / 1000} s`);
  // Playwright ends the browser with this process.
  process.exit(3);
}, PATIENCE).unref();

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
