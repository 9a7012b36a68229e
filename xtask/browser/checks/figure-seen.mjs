// At every step the buttons, the caption, the values, what the picture says of
// the step, and its line of code are on the screen together.

import { each } from "./figure.mjs";

/// Besides the tab's own screen.
const TABLET = { width: 768, height: 1024 };

export async function screen(tab) {
  const { page } = tab;
  const own = page.viewportSize();
  const wrong = await together(tab, own);
  if ((await page.$("main by-hand-figure")) === null) return wrong;
  // The sidebar is there or not from the beginning.
  for (const size of [TABLET, own]) {
    await page.setViewportSize(size);
    await page.reload();
    await page.evaluate(tab.inPage);
    if (size === TABLET) wrong.push(...(await together(tab, size)));
  }
  return wrong;
}

export async function phone(tab) {
  return together(tab, tab.page.viewportSize());
}

function together(tab, { width, height }) {
  return each(tab, seen, `${width}x${height}`);
}

async function seen(figure, runs, tools, size) {
  /// What of an element is on the screen: not under the menu bar, not
  /// scrolled out of a box. More than a hair's breadth is hidden.
  const HAIR = 1.5;
  const inside = (element) => {
    const part = element.getBoundingClientRect();
    const menu = document.getElementById("mdbook-menu-bar")?.getBoundingClientRect();
    // It may be below the screen, waiting to be wanted.
    const covered = menu?.top <= 0 ? Math.max(menu.bottom, 0) : 0;
    const boxes = [{ top: covered, bottom: innerHeight }];
    for (let box = element.parentElement; box && box !== figure; box = box.parentElement) {
      if (getComputedStyle(box).overflowY === "visible") continue;
      const { top, bottom } = box.getBoundingClientRect();
      // The lanes' names stay above the steps.
      const head = box.querySelector(".fig-head")?.clientHeight ?? 0;
      boxes.push({ top: top + head, bottom });
    }
    return boxes.every(
      (box) => part.top >= box.top - HAIR && part.bottom <= box.bottom + HAIR,
    );
  };
  /// The box is on the screen, and so is what has changed in it.
  const parts = (run) => {
    const one = (selector) => [...run.querySelectorAll(selector)].filter((e) => e.checkVisibility({ visibilityProperty: true }));
    const first = (...lists) => lists.find((list) => list.length > 0) ?? [];
    const line = one(".fig-code [aria-current]");
    return {
      buttons: one(".fig-controls"),
      caption: one(".fig-words:not(.fig-room)"),
      values: [...one(".fig-state").map((e) => e.parentElement.querySelector(".fig-state")), ...one(".fig-state .fig-changed")],
      picture: one(":not(.fig-gantt) > .now > .fig-mark > rect, .fig-gantt > .now :is(.fig-frame-now, .fig-tip, .fig-arrow)"),
      // On a phone the line comes along with the caption.
      code: first(one(".fig-now-line:not(.fig-room)"), line),
    };
  };
  const wrong = [];
  for (const run of runs) {
    const name = tools.choose(run);
    tools.press(run, "[data-choice]");
    tools.press(run, "[data-go=first]");
    await tools.settle();
    for (let step = 1; step <= tools.steps(run); step += 1) {
      const all = Object.entries(parts(run));
      if (all.every(([, list]) => list.length === 0)) return ["shows nothing"];
      const hidden = all.filter(([, list]) => !list.every(inside)).map(([part]) => part);
      if (hidden.length > 0) {
        wrong.push(`${name}, step ${step}, on ${size}: not on the screen: ${hidden.join(", ")}`);
      }
      tools.press(run, "[data-go=next]");
    }
  }
  return wrong;
}
