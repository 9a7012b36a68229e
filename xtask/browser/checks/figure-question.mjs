// The question stays, with the prediction and then the verdict beside it; what
// would give the answer away is hidden until then; and a change of a value is
// said aloud.

import { each } from "./figure.mjs";

export function asked(tab) {
  return each(tab, asks);
}

function asks(figure, runs, tools) {
  const seen = (element) => element?.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const wrong = [];
  const { runs: data } = JSON.parse(figure.querySelector("script").textContent);
  for (const run of runs) {
    const name = tools.choose(run);
    const fail = (message) => wrong.push(`${name}: ${message}`);
    const { choices, right, decided, steps } = data[[...figure.querySelectorAll(".fig-run")].indexOf(run)];
    const question = run.querySelector("fieldset.fig-gate > legend");
    if (!seen(question) || question.textContent.trim() === "") {
      fail("the question is not the legend of its choices");
      continue;
    }
    const comments = () =>
      [...run.querySelectorAll(".fig-code li")].filter((line) => /(^|\s)\/\//.test(line.innerText));
    if (comments().length > 0) fail("a comment of the code is seen before the answer");
    const wrongOne = choices.findIndex((_, index) => index !== right - 1);
    const button = run.querySelector(`[data-choice="${wrongOne + 1}"]`);
    const yours = button.textContent;
    button.click();
    const told = run.querySelector(".fig-verdict");
    if (told.ariaLive !== "polite") fail("the verdict is not a live region");
    const news = run.querySelector(".fig-news");
    if (news?.ariaLive !== "polite") {
      fail("the values are in no live region");
      continue;
    }
    tools.press(run, "[data-go=first]");
    const values = () => [...run.querySelectorAll("[data-state]")].map((row) => {
      const label = row.querySelector("dt").textContent;
      const value = row.querySelector(".fig-value");
      const image = value.querySelector("[role=img]")?.ariaLabel;
      return [label, image ?? value.textContent, value.querySelector("table") !== null];
    });
    let before = new Map();
    for (let step = 1; step <= steps.length; step += 1) {
      const texts = [question.textContent, told.textContent];
      if (!seen(question) || !seen(told)) fail(`step ${step}: the question or what is told of it is not seen`);
      if (!texts[1].includes(yours)) fail(`step ${step}: the prediction is not seen`);
      const given = texts[1].includes(` ${document.createRange().createContextualFragment(choices[right - 1]).textContent}`);
      if (given !== step >= decided) fail(`step ${step}: the verdict ${given ? "is" : "is not"} given; step ${decided} decides`);
      for (const [label, value, table] of values()) {
        const old = before.get(label);
        const changed = table ? false : old !== undefined && old !== value;
        const said = news.textContent;
        if (changed && !(said.includes(label) && said.includes(value))) {
          fail(`step ${step}: "${label}" becomes "${value}", and is not said aloud ("${said}")`);
        }
        before.set(label, value);
      }
      tools.press(run, "[data-go=next]");
    }
    const again = run.querySelector("[data-go=ask]");
    if (!seen(again)) fail("the question cannot be asked again");
    tools.press(run, "[data-go=ask]");
    if (!run.matches(".fig-asking") || run.querySelector(".fig-step.seen")) fail("asked again, steps are still seen");
    if (told.textContent !== "" && seen(told)) fail("asked again, the verdict is still seen");
  }
  return wrong;
}
