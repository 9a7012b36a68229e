// Recorded figures: stepped by keyboard, on paper, on a phone, without
// JavaScript. What axe finds is looked for after the steps were shown.

import { overflow } from "./layout.mjs";

const FIGURE = "main by-hand-figure";
// Letters in a picture are not smaller than this, in pixels.
const SMALLEST = 10;

/// The predictions hide the steps; then the arrow keys, Home and End show them,
/// the caption says so to screen readers, and the page stays.
export async function steps(tab) {
  const { page } = tab;
  const wrong = [];
  for (const figure of await page.$$(FIGURE)) {
    const problem = (message) => figure.evaluate((f, m) => window.checks.problem(f, m), message);
    const fail = async (message) => wrong.push(await problem(message));
    const runs = await figure.$$(".fig-run");
    for (const [index, run] of runs.entries()) {
      if (index > 0) {
        await figure.$eval(".fig-runs :checked", (radio) => radio.focus());
        await page.keyboard.press("ArrowRight");
      }
      if (!(await run.isVisible())) {
        await fail(`the right arrow key does not choose run ${index + 1}`);
        break;
      }
      const message = await stepRun(page, run);
      if (message) await fail(`run ${index + 1}: ${message}`);
    }
    if (page.url().split("#")[0] !== tab.address.split("#")[0]) {
      wrong.push(`the arrow keys in a figure lead to ${page.url()}`);
      break;
    }
  }
  return wrong;
}

async function stepRun(page, run) {
  const shown = () =>
    run.evaluate((run) => {
      const groups = [...run.querySelectorAll(".fig-step")];
      const seen = (group) => getComputedStyle(group).visibility === "visible";
      return {
        steps: groups.length,
        seen: groups.filter(seen).length,
        now: groups.findIndex((group) => group.matches(".now")) + 1,
        words: run.querySelector(".fig-words").textContent,
        live: run.querySelector(".fig-words").closest("[aria-live=polite]") !== null,
        verdict: run.querySelector(".fig-verdict").textContent,
        lines: run.querySelectorAll("[aria-current=step]").length,
      };
    });
  const press = async (key) => {
    await page.keyboard.press(key);
    return shown();
  };
  await run.focus();
  const before = await press("ArrowRight");
  if (before.steps === 0) return "it has no steps";
  if (before.seen > 0) return `${before.seen} steps are shown before the prediction`;
  if (before.words !== "") return "the caption tells a step before the prediction";
  // The key has led to the first choice.
  const first = await press("Enter");
  if (first.now !== 1 || first.seen !== 1) return "after the prediction the first step is not shown";
  if (!first.live) return "the caption is not a live region";
  const second = await press("ArrowRight");
  if (second.now !== 2 || second.seen !== 2) return "the right arrow key does not show a step";
  if (second.words === first.words) return "the caption does not change with the step";
  if (second.lines > 1) return "more than one line of code is the current one";
  if ((await press("ArrowLeft")).now !== 1) return "the left arrow key does not go back";
  if ((await press("ArrowLeft")).now !== 1) return "before the first step there is another one";
  const last = await press("End");
  if (last.now !== last.steps || last.seen !== last.steps) return "End does not show all steps";
  if (last.verdict === "") return "after the last step the answer is not given";
  if ((await press("Home")).now !== 1) return "Home does not go to the first step";
  await press("End");
  return undefined;
}

/// On a phone the steps fit, and one can read them.
export async function narrow(tab) {
  const { page } = tab;
  const wrong = [];
  for (const figure of await page.$$(FIGURE)) {
    for (const label of [null, ...(await figure.$$(".fig-runs label"))]) {
      await label?.click();
      await figure.$$eval(".fig-run:not([hidden])", ([run]) => {
        run.querySelector("[data-choice]").click();
        run.querySelector("[data-go=last]").click();
      });
      wrong.push(...(await overflow(tab)));
      const size = await figure.$eval(".fig-run:not([hidden]) svg", (svg) =>
        Math.min(
          ...[...svg.querySelectorAll("text")].map((text) => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            return scale * parseFloat(getComputedStyle(text).fontSize);
          }),
        ),
      );
      if (size < SMALLEST) {
        const message = `has letters of ${size.toFixed(1)} px; at least ${SMALLEST} can be read`;
        wrong.push(await figure.evaluate((f, m) => window.checks.problem(f, m), message));
      }
    }
  }
  return wrong;
}

/// Paper has the frames and the table, and no buttons.
export async function print({ page }) {
  if ((await page.$(FIGURE)) === null) return [];
  await page.emulateMedia({ media: "print" });
  // What the browser says before it prints; the media alone does not.
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const wrong = await still(page);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.emulateMedia({ media: null });
  return wrong;
}

/// So has a reader without JavaScript, who unfolds the table.
export async function plain({ page }) {
  await page.$$eval(`${FIGURE} details`, (all) => all.forEach((details) => (details.open = true)));
  return still(page);
}

function still(page) {
  return page.$$eval(FIGURE, (figures) => {
    const wrong = [];
    for (const figure of figures) {
      const fail = (message) => wrong.push(window.checks.problem(figure, message));
      const count = (selector) =>
        [...figure.querySelectorAll(selector)].filter((e) => e.checkVisibility()).length;
      const runs = figure.querySelectorAll(".fig-run").length;
      const steps = figure.querySelectorAll(".fig-live .fig-step").length;
      if (count("button, input") > 0) fail("has buttons that do nothing here");
      if (count(".fig-first svg") !== 1) fail("does not show its first frame");
      if (count(".fig-frame svg") < runs) fail("does not show a frame of each run");
      if (count(".fig-still-run ul") < runs) fail("does not ask for predictions");
      const rows = count("tbody tr");
      if (rows !== steps) fail(`has ${steps} steps, and its table shows ${rows}`);
    }
    return wrong;
  });
}
