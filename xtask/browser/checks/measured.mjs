// Measurements that the reader predicts: they are hidden until then, nothing
// moves when they are shown, and paper and readers without JavaScript have them
// with the question and the answer.

import { onPaper } from "./figures.mjs";

const MEASURED = "main by-hand-measured";
// What gives the answer away.
const NUMBERS = ".fig-hides, .plot-line, .plot-end, .fig-numbers";

/// Each figure is answered wrongly, by keyboard, and then asked again.
export async function asked({ page }) {
  const wrong = [];
  for (const figure of await page.$$(MEASURED)) {
    const fail = async (message) =>
      wrong.push(await figure.evaluate((f, m) => window.checks.problem(f, m), message));
    const look = () => figure.evaluate(seen, NUMBERS);
    const before = await look();
    if (before.question === "") await fail("the question is not the legend of its choices");
    if (before.numbers > 0) await fail("numbers are seen before the prediction");
    if (before.said > 0) await fail("a picture says its numbers before the prediction");
    const { choices, right } = await figure.$eval("script", (data) => JSON.parse(data.textContent));
    const other = choices.findIndex((_, index) => index !== right - 1);
    await (await figure.$(`[data-choice="${other + 1}"]`)).focus();
    await page.keyboard.press("Enter");
    const after = await look();
    if (after.numbers !== after.all) await fail("not all numbers are seen after the prediction");
    if (after.said === 0) await fail("no picture has words for those who do not see it");
    if (!after.live) await fail("the verdict is not a live region");
    if (!after.told.includes("✗")) await fail("the verdict does not say that it was wrong");
    if (!after.inside) await fail("the focus has left the figure");
    if (Math.abs(after.height - before.height) > 1) await fail("its height changes with the answer");
    await page.keyboard.press("Enter");
    const again = await look();
    if (again.numbers > 0 || again.told !== "") await fail("the question cannot be asked again");
    // What follows looks at what is shown.
    await figure.$eval(`[data-choice="${right}"]`, (button) => button.click());
  }
  return wrong;
}

function seen(figure, numbers) {
  const visible = (e) => e.checkVisibility({ visibilityProperty: true });
  // The table is folded, and so its rows are not seen.
  const all = [...figure.querySelectorAll(numbers)].filter((e) => e.closest("details") === null);
  const told = figure.querySelector(".fig-verdict:not(.fig-room)");
  const words = [...figure.querySelectorAll(".fig-measured [role=img]")];
  return {
    all: all.length,
    numbers: all.filter(visible).length,
    said: words.filter((e) => visible(e) && e.closest("[aria-hidden=true]") === null).length,
    question: figure.querySelector("fieldset > legend")?.textContent.trim() ?? "",
    told: visible(told) ? told.textContent : "",
    live: told.ariaLive === "polite",
    inside: figure.contains(document.activeElement),
    height: figure.offsetHeight,
  };
}

/// On a phone no letters leave the figure, and none touch each other.
export async function narrow({ page }) {
  return page.$$eval(MEASURED, (figures) => {
    const wrong = [];
    for (const figure of figures) {
      figure.querySelector("[data-choice='0']").click();
      const { left, right } = figure.getBoundingClientRect();
      for (const svg of figure.querySelectorAll(".fig-measured svg")) {
        const texts = [...svg.querySelectorAll("text")].filter((e) => e.checkVisibility());
        const boxes = texts.map((e) => [e, e.getBoundingClientRect()]);
        const fail = (text, message) =>
          wrong.push(window.checks.problem(figure, `"${text.textContent}" ${message}`));
        for (const [text, box] of boxes) {
          if (box.left < left - 1 || box.right > right + 1) fail(text, "leaves the figure");
          const touches = ([other, b]) =>
            other !== text && box.left < b.right && b.left < box.right && box.top + 3 < b.bottom && b.top + 3 < box.bottom;
          if (boxes.some(touches)) fail(text, "covers another word");
        }
      }
    }
    return wrong;
  });
}

/// Paper has the question, the numbers, the tables and the answer.
export async function print({ page }) {
  return onPaper(page, MEASURED, still);
}

/// So has a reader without JavaScript, who unfolds them.
export async function plain({ page }) {
  await page.$$eval(`${MEASURED} details`, (all) => all.forEach((details) => (details.open = true)));
  return still(page);
}

function still(page) {
  return page.$$eval(
    MEASURED,
    (figures, numbers) => {
      const wrong = [];
      for (const figure of figures) {
        const fail = (message) => wrong.push(window.checks.problem(figure, message));
        const visible = (e) => e.checkVisibility({ visibilityProperty: true });
        const all = [...figure.querySelectorAll(numbers)];
        if (!all.every(visible)) fail("does not show its numbers");
        if ([...figure.querySelectorAll("button, input")].some(visible)) {
          fail("has buttons that do nothing here");
        }
        const said = [...figure.querySelectorAll(".fig-still")].filter(visible);
        const words = said.map((e) => e.innerText).join(" ");
        if (!words.includes("Predict:")) fail("does not ask for a prediction");
        const data = JSON.parse(figure.querySelector("script").textContent);
        const answer = document.createRange().createContextualFragment(data.why).textContent;
        if (!words.includes(answer)) fail("does not give the answer");
      }
      return wrong;
    },
    NUMBERS,
  );
}
