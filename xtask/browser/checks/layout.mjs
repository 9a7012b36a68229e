// That nothing is wider than the screen, and that code which is wider than its
// box can be scrolled there.

export function overflow({ page }) {
  return page.evaluate(() => {
    const main = document.querySelector("main");
    // What is too wide for <main> may be scrolled by any box around it: mdBook
    // gives .content an overflow, so that the document itself never scrolls.
    const boxes = [];
    for (let box = main; box; box = box.parentElement) boxes.push(box);
    const wide = boxes.filter((box) => box.scrollWidth > box.clientWidth);
    if (wide.length === 0) return [];
    const scrolls = (element) =>
      ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    const inScroller = (element) => {
      let box = element.parentElement;
      while (box !== main && !scrolls(box)) box = box.parentElement;
      return box !== main;
    };
    let widest = main;
    let end = main.getBoundingClientRect().right;
    for (const element of main.querySelectorAll("*")) {
      const right = element.getBoundingClientRect().right;
      if (right > end && !inScroller(element)) [widest, end] = [element, right];
    }
    const message = `ends at ${Math.round(end)} px of ${innerWidth}`;
    const from = `, so ${window.checks.describe(wide[0]).split('"')[0].trim()} scrolls`;
    return [window.checks.problem(widest, message + from)];
  });
}

export function codeBoxes({ page }) {
  return page.evaluate(() => {
    const main = document.querySelector("main");
    for (const details of main.querySelectorAll("details")) details.open = true;
    const { right } = main.getBoundingClientRect();
    const wrong = [];
    for (const box of main.querySelectorAll("pre, pre code, .table-wrapper")) {
      if (!box.checkVisibility()) continue;
      const wider = box.scrollWidth > box.clientWidth + 1;
      const { overflowX } = getComputedStyle(box);
      if (wider && !["auto", "scroll"].includes(overflowX)) {
        const message = `is wider than its box and does not scroll (${overflowX})`;
        wrong.push(window.checks.problem(box, message));
      } else if (box.getBoundingClientRect().right > right + 1) {
        wrong.push(window.checks.problem(box, "reaches out of the text's column"));
      }
    }
    return wrong;
  });
}

/// A table that is wider than the screen shows that there is more of it, and
/// keeps what its rows are about in view.
export function tables({ page }) {
  return page.evaluate(async () => {
    const wrong = [];
    for (const box of document.querySelectorAll("main .table-wrapper")) {
      if (!box.checkVisibility() || box.scrollWidth <= box.clientWidth + 1) continue;
      const fail = (message) => wrong.push(window.checks.problem(box, message));
      if (getComputedStyle(box).maskImage === "none") fail("is wider than the screen, and nothing shows it");
      const { left } = box.getBoundingClientRect();
      const first = box.querySelector("td:first-child, th:first-child");
      box.scrollLeft = box.scrollWidth;
      const moved = first.getBoundingClientRect().left - left;
      if (moved < -1) fail("is scrolled, and its first column leaves the screen");
      if (first.offsetWidth > box.clientWidth / 2) fail("has a first column that hides the others");
      // The cue follows with the event.
      const end = performance.now() + 1000;
      while (getComputedStyle(box).maskImage !== "none" && performance.now() < end) {
        await new Promise((next) => setTimeout(next, 10));
      }
      if (getComputedStyle(box).maskImage !== "none") fail("shows that there is more at its end");
      box.scrollLeft = 0;
    }
    return wrong;
  });
}
