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
    // Whatever a style sheet says of runs: one is seen, the others are not.
    const seen = () =>
      figure.$$eval(".fig-run", (runs) => runs.filter((run) => run.checkVisibility()).length);
    if ((await seen()) !== 1) {
      await fail(`shows ${await seen()} runs at the same time`);
      continue;
    }
    if ((await figure.$(".fig-set")) !== null) {
      const message = await stepControls(page, figure);
      if (message) await fail(message);
      continue;
    }
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

/// Of a figure with controls: one question opens all runs at their end, and
/// the keys set the controls and step.
async function stepControls(page, figure) {
  const run = () => figure.$(".fig-run:not([hidden])");
  const label = async () => (await run()).getAttribute("aria-label");
  if ((await figure.$$(".fig-run:not([hidden])")).length !== 1) return "shows not one run";
  const first = await run();
  await first.focus();
  await page.keyboard.press("ArrowRight");
  const before = await progress(first);
  if (before.seen > 0 || before.told) return "steps are shown before the prediction";
  await page.keyboard.press("Enter");
  const whole = await progress(first);
  if (whole.now !== whole.steps || whole.seen !== whole.steps) {
    return "after the prediction not all steps are shown";
  }
  if (!whole.live) return "the caption is not a live region";
  if (whole.verdict === "") return "after the last step the answer is not given";
  const kept = await keep(page, figure);
  if (kept) return kept;
  for (const slider of await figure.$$("[type=range]")) {
    await slider.focus();
    for (const [key, value] of [["Home", "min"], ["End", "max"]]) {
      const old = await label();
      await page.keyboard.press(key);
      const { now, said, wanted } = await slider.evaluate((slider, value) => ({
        now: slider.value,
        said: slider.closest(".fig-range").querySelector("output").textContent,
        wanted: slider[value],
      }), value);
      if (now !== wanted) return `${key} does not set the slider to ${wanted}`;
      if (said !== now) return `the slider is at ${now} and says ${said}`;
      if (key === "End" && (await label()) === old) return "the slider does not choose a run";
      const { words, seen } = await progress(await run());
      if (words === "" || seen === 0) return "a run that the slider chooses shows nothing";
    }
  }
  for (const radio of await figure.$$(".fig-choice :checked")) {
    await radio.focus();
    const old = await label();
    await page.keyboard.press("ArrowRight");
    if ((await label()) === old) return "the right arrow key does not choose another run";
  }
  const other = await run();
  const press = async (key) => {
    await page.keyboard.press(key);
    return progress(other);
  };
  await other.focus();
  if ((await press("Home")).now !== 1) return "Home does not go to the first step";
  const second = await press("ArrowRight");
  if (second.now !== 2 || second.seen !== 2) return "the right arrow key does not show a step";
  if ((await press("ArrowLeft")).now !== 1) return "the left arrow key does not go back";
  const last = await press("End");
  if (last.now !== last.steps) return "End does not show all steps";
  return undefined;
}

/// Strips: those that the question compares and the chosen run's are seen; a
/// button keeps that one, too, and lets it go.
async function keep(page, figure) {
  const button = await figure.$("[data-go=keep]");
  if (button === null) return undefined;
  const strips = () =>
    figure.$$eval(".fig-live .fig-strip", (all) => all.filter((strip) => strip.checkVisibility()).length);
  const slider = await figure.$("[type=range]");
  const at = async (key) => {
    await slider.focus();
    await page.keyboard.press(key);
    return strips();
  };
  const without = await at("End");
  await at("Home");
  await button.click();
  if ((await button.getAttribute("aria-pressed")) !== "true") return "the button does not say that a run is kept";
  if ((await at("End")) <= without) return "a run is kept, and its strip is not seen beside another run";
  await at("Home");
  await button.click();
  if ((await button.getAttribute("aria-pressed")) !== "false") return "a run that is kept cannot be let go";
  return undefined;
}

function progress(run) {
  return run.evaluate((run) => {
    const groups = [...run.querySelectorAll(".fig-step")];
    const seen = (group) => getComputedStyle(group).visibility === "visible";
    return {
      steps: groups.length,
      seen: groups.filter(seen).length,
      now: groups.findIndex((group) => group.matches(".now")) + 1,
      words: run.querySelector(".fig-words").textContent,
      told: run.querySelector(".fig-words:not(.fig-room) strong") !== null,
      live: run.querySelector(".fig-words").closest("[aria-live=polite]") !== null,
      verdict: run.querySelector(".fig-verdict").textContent,
      lines: run.querySelectorAll("[aria-current=step]").length,
    };
  });
}

async function stepRun(page, run) {
  const shown = () => progress(run);
  const press = async (key) => {
    await page.keyboard.press(key);
    return shown();
  };
  await run.focus();
  const before = await press("ArrowRight");
  if (before.steps === 0) return "it has no steps";
  if (before.seen > 0) return `${before.seen} steps are shown before the prediction`;
  if (before.told) return "the caption tells a step before the prediction";
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
  for (const plot of await page.$$("main figure.plot")) {
    const outside = await plot.$eval("svg", letters);
    if (outside === null) continue;
    const message = `has letters that leave it: "${outside}"`;
    wrong.push(await plot.evaluate((p, m) => window.checks.problem(p, m), message));
  }
  for (const figure of await page.$$(FIGURE)) {
    for (const label of [null, ...(await figure.$$(".fig-runs label"))]) {
      await label?.click();
      await figure.$$eval(".fig-run:not([hidden])", ([run]) => {
        run.querySelector("[data-choice]").click();
        run.querySelector("[data-go=last]").click();
      });
      const outside = await figure.$$eval(".fig-run:not([hidden]) svg.fig-svg", (all, text) => {
        const letters = new Function(`return ${text}`)();
        return all.map(letters).find((outside) => outside !== null) ?? null;
      }, letters.toString());
      if (outside !== null) {
        const message = `has letters that leave it: "${outside}"`;
        wrong.push(await figure.evaluate((f, m) => window.checks.problem(f, m), message));
      }
      wrong.push(...(await overflow(tab)));
      const size = await figure.$$eval(".fig-run:not([hidden]) svg.fig-svg", (all) =>
        Math.min(
          ...all.flatMap((svg) =>
            [...svg.querySelectorAll("text")].map((text) => {
              // A chart has no box of its own: its letters are not scaled.
              const own = svg.viewBox.baseVal?.width || svg.clientWidth;
              return (svg.clientWidth / own) * parseFloat(getComputedStyle(text).fontSize);
            }),
          ),
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

/// The first words of a picture that reach out of the figure.
function letters(svg) {
  const figure = svg.closest("figure").getBoundingClientRect();
  const words = [...svg.querySelectorAll("text")].filter((text) => text.checkVisibility());
  const out = words.find((text) => {
    const { left, right } = text.getBoundingClientRect();
    return left < figure.left - 1 || right > figure.right + 1;
  });
  return out?.textContent ?? null;
}

/// Paper has the frames and the table, and no buttons.
export async function print({ page }) {
  return onPaper(page, FIGURE, still);
}

/// What `look` finds on paper, if there is such a thing on the page.
export async function onPaper(page, selector, look) {
  if ((await page.$(selector)) === null) return [];
  await page.emulateMedia({ media: "print" });
  // What the browser says before it prints; the media alone does not.
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const wrong = await look(page);
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
      // With controls there are many runs, and one question for all.
      const set = figure.querySelector(".fig-set") !== null;
      const tables = figure.querySelectorAll(".fig-table table").length;
      const runs = set ? tables : figure.querySelectorAll(".fig-run").length;
      const rowsOf = ".fig-table tbody tr";
      const steps = set
        ? figure.querySelectorAll(rowsOf).length
        : figure.querySelectorAll(".fig-live .fig-step").length;
      if (count("button, input") > 0) fail("has buttons that do nothing here");
      const chart = figure.matches(".fig-wider");
      if (!chart && count(".fig-first svg") !== 1) fail("does not show its first frame");
      if (runs === 0 || count(".fig-frame svg.fig-svg") < runs) {
        fail("does not show a frame of each run");
      }
      if (count(".fig-still ul:not(.fig-legend)") < (set ? 1 : runs)) {
        fail("does not ask for predictions");
      }
      const rows = count(rowsOf);
      if (rows !== steps) fail(`has ${steps} steps, and its table shows ${rows}`);
    }
    return wrong;
  });
}
