// Reading by keyboard alone.

// With these many stops in the text the rest will be like them.
const STOPS = 15;
// More than the longest sidebar has.
const PRESSES = 600;

// The page on which the way through the sidebar is walked as a whole: it is the
// same on all, and has a stop for each of them.
const WALKED = "introduction.html";

/// Tab from the top comes to the text, and the focus is seen there.
export async function tab({ page, name }) {
  await page.evaluate((whole) => {
    const main = document.querySelector("main");
    const isLink = (element) => element.matches("a[href]");
    const first = [...main.querySelectorAll("a[href]")].find(window.checks.visible);
    const log = { stops: 0, reached: first === undefined, left: false, wrong: [] };
    window.checks.focusLog = log;
    if (!whole) {
      // From the last stop before the text.
      const stops = [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")];
      const before = stops.filter(
        (stop) =>
          main.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_PRECEDING &&
          window.checks.visible(stop),
      );
      before.at(-1)?.focus();
    }
    document.addEventListener("focusin", ({ target }) => {
      if (!main.contains(target)) {
        log.left = log.stops > 0;
        return;
      }
      log.stops += 1;
      log.reached ||= isLink(target) && target === first;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(target);
      const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
      if (!outlined && boxShadow === "none") {
        log.wrong.push(window.checks.problem(target, "has the focus, and nothing shows it"));
      } else if (!window.checks.visible(target)) {
        log.wrong.push(window.checks.problem(target, "has the focus and cannot be seen"));
      }
    });
  }, name === WALKED);
  let log;
  for (let pressed = 0; pressed < PRESSES; pressed += 5) {
    for (let i = 0; i < 5; i += 1) await page.keyboard.press("Tab");
    log = await page.evaluate(() => window.checks.focusLog);
    if (log.stops >= STOPS || log.left) break;
  }
  if (!log.reached) log.wrong.unshift("Tab from the top does not come to the text's first link");
  return log.wrong;
}

/// Each kind of `details` opens and closes with Enter.
export async function details({ page }) {
  const wrong = [];
  const kinds = new Set();
  const summaries = await page.$$("main summary");
  for (const summary of summaries) {
    const kind = await summary.evaluate(({ parentElement }) => parentElement.className);
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    // What lies in a closed one can't have the focus.
    await summary.evaluate(({ parentElement }) => {
      let around = parentElement;
      while ((around = around.parentElement.closest("details"))) around.open = true;
    });
    const open = () =>
      summary.evaluate((element) => {
        element.focus();
        return document.activeElement === element && element.parentElement.open;
      });
    if (await open()) await page.keyboard.press("Enter");
    const before = await open();
    await page.keyboard.press("Enter");
    if (before || !(await open())) {
      const message = "does not open and close with the Enter key";
      wrong.push(await summary.evaluate((s, m) => window.checks.problem(s, m), message));
    }
  }
  return wrong;
}

/// Code that is wider than its box scrolls with the arrow keys. mdBook turns
/// the page with them, wherever the focus is.
export async function code({ page }) {
  const found = await page.evaluateHandle(() =>
    [...document.querySelectorAll("main pre, main pre code")].find(
      (box) => box.scrollWidth > box.clientWidth + 1 && window.checks.visible(box),
    ),
  );
  const box = found.asElement();
  if (box === null) return [];
  const problem = (message) => box.evaluate((b, m) => window.checks.problem(b, m), message);
  const focused = await box.evaluate((box) => {
    const stop = box.closest("[tabindex]");
    stop?.focus();
    return stop !== null && document.activeElement === stop;
  });
  if (!focused) return [await problem("is scrolled by mouse only: it cannot have the focus")];
  // The key must not end this page; that it was taken is seen all the same.
  await page.evaluate(() => {
    for (const link of document.querySelectorAll("a[rel~=next]")) link.remove();
  });
  await page.keyboard.press("ArrowRight");
  const scrolled = await box.evaluate(async (box) => {
    const end = performance.now() + 1000;
    while (box.scrollLeft === 0 && performance.now() < end) {
      await new Promise((next) => setTimeout(next, 10));
    }
    return box.scrollLeft > 0;
  });
  if (scrolled) return [];
  const message = "has the focus, and the right arrow key does not scroll it";
  return [await problem(`${message} (mdBook takes it to turn the page)`)];
}

/// The arrows never turn the page while the focus or the caret is in the text:
/// tried with each kind of element once a folder.
export async function arrows(tab) {
  const { page } = tab;
  const wrong = [];
  const KINDS = {
    focus: ["a[href]", "button", "summary", "input", "[tabindex]"],
    caret: ["p", "pre code", "td", "h1", "li"],
  };
  await page.evaluate(() => {
    // Where they lead is seen; this page stays.
    for (const link of document.querySelectorAll("a.nav-chapters")) link.href = "#turned";
  });
  for (const [way, selectors] of Object.entries(KINDS)) {
    for (const selector of selectors) {
      const found = await page.evaluateHandle((selector) => {
        const all = document.querySelectorAll(`main :is(${selector})`);
        return [...all].find(window.checks.visible);
      }, selector);
      const element = found.asElement();
      if (element === null) continue;
      // A figure may take keys for itself.
      const kind = await element.evaluate((element) => {
        const names = [element.localName];
        for (let at = element; at.localName !== "main"; at = at.parentElement) {
          if (at.localName.includes("-")) names.push(at.localName);
        }
        return names.join(" in ");
      });
      if (!tab.isFirst(`${way} on ${selector}, ${kind}`)) continue;
      await element.evaluate((element, way) => {
        document.activeElement.blur();
        getSelection().removeAllRanges();
        if (way === "focus") element.focus();
        else getSelection().collapse(element.firstChild ?? element, 0);
      }, way);
      for (const key of ["ArrowRight", "ArrowLeft"]) {
        await page.keyboard.press(key);
        const message = await element.evaluate((element, text) => {
          if (location.hash !== "#turned") return undefined;
          history.replaceState(null, "", "#");
          return window.checks.problem(element, text);
        }, `has the ${way}, and ${key} turns the page`);
        if (message) wrong.push(message);
      }
    }
  }
  return wrong;
}
