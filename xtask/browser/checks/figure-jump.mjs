// Nothing moves: before and after the answer and at every step the figure is
// as high as it was, and the buttons stand where they stood.

import { each } from "./figure.mjs";

export function still(tab) {
  return each(tab, moves);
}

function moves(figure, runs, tools) {
  // Parts of a pixel are rounded here and there.
  const HAIR = 1;
  const place = (run) => {
    const top = figure.getBoundingClientRect().top;
    const stands = (selector) => {
      const element = run.querySelector(selector);
      return element === null ? 0 : element.getBoundingClientRect().top - top;
    };
    return {
      "the figure's height": figure.getBoundingClientRect().height,
      "the buttons": stands(".fig-controls"),
      "the values": stands(".fig-state"),
      "the picture": stands(".fig-picture"),
      "the code": stands(".fig-code"),
    };
  };
  const wrong = [];
  let height;
  for (const run of runs) {
    const name = tools.choose(run);
    // The page may be scrolled so that a bar of buttons sticks to its top.
    run.scrollIntoView({ block: "center" });
    const before = place(run);
    height ??= before["the figure's height"];
    if (Math.abs(before["the figure's height"] - height) > HAIR) {
      wrong.push(`${name}: choosing it changes the figure's height`);
    }
    const compare = (when) => {
      for (const [what, value] of Object.entries(place(run))) {
        const moved = Math.round(value - before[what]);
        if (Math.abs(moved) > HAIR) wrong.push(`${name}, ${when}: ${what} moved by ${moved} px`);
      }
    };
    for (const choice of run.querySelectorAll("[data-choice]")) {
      choice.click();
      compare(`after the answer "${choice.textContent}"`);
      tools.press(run, "[data-go=last]");
      compare(`told of the answer "${choice.textContent}"`);
      tools.press(run, "[data-go=ask]");
      compare("asked again");
    }
    tools.press(run, "[data-choice]");
    tools.press(run, "[data-go=first]");
    for (let step = 1; step <= tools.steps(run); step += 1) {
      compare(`step ${step}`);
      tools.press(run, "[data-go=next]");
    }
  }
  return wrong;
}
