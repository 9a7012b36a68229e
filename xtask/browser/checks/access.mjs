// What axe finds, and names of pictures.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

// Violations of mdBook's own template, which is not overridden because it
// changes from release to release. Each holds outside of <main> only, and only
// for the elements that the selector names.
const TEMPLATE = [
  {
    rule: "aria-allowed-attr",
    selector: "#mdbook-sidebar-toggle",
    reason: "the sidebar's button is a <label>, which may not have aria-expanded",
  },
  {
    rule: "aria-prohibited-attr",
    selector: "#mdbook-sidebar-toggle",
    reason: "the sidebar's button is a <label>, which may not have aria-label",
  },
  {
    rule: "region",
    selector: "#mdbook-menu-bar *",
    reason: "the menu bar is a <div> outside of every landmark",
  },
];

/// Marks in the page the parts of code of which one like it was looked at
/// before: a highlighter's class has the same colour everywhere. Gives the
/// kinds that are new. Runs in the page.
function markSeen(seen) {
  const old = new Set(seen);
  const fresh = new Set();
  const first = new Set();
  const parts = [...document.querySelectorAll("main pre span")];
  const kind = (part) => {
    const names = [];
    for (let at = part; at.tagName !== "PRE"; at = at.parentElement) names.push(at.className);
    return names.join(" in ");
  };
  for (const part of parts) {
    const is = kind(part);
    if (old.has(is) || fresh.has(is)) continue;
    fresh.add(is);
    first.add(part);
  }
  // From the innermost: what is left out is left out with all that is in it.
  for (const part of parts.reverse()) {
    const inner = [...part.children].every((child) => child.dataset.seen !== undefined);
    if (!first.has(part) && inner) part.dataset.seen = "";
  }
  return [...fresh];
}

// What depends on the theme or on the width of the window. The other rules are
// about the page's structure, which every reader has.
const LOOKS = [
  "color-contrast",
  "link-in-text-block",
  "meta-viewport",
  "scrollable-region-focusable",
  "target-size",
];

// The sidebar is the same on all pages but for the part that is unfolded, which
// is the chapter's own: it is looked at on the first page of each folder.
const SIDEBAR = "#mdbook-sidebar";

/// What of this page is left out: what was looked at on another.
function leftOut(tab) {
  return tab.isFirst("sidebar") ? [["[data-seen]"]] : [["[data-seen]"], [SIDEBAR]];
}

/// One problem for each rule, with the first place and how many there are.
export function axe(tab) {
  return violations(tab, TAGS);
}

/// The same with those rules alone that can come out differently for a reader
/// with another theme or window.
export function axeLooks(tab) {
  return violations(tab, { type: "rule", values: LOOKS });
}

/// In the theme that is shown, the pale letters of the text.
export function axeContrast(tab) {
  return violations(tab, { type: "rule", values: ["color-contrast"] });
}

async function violations(tab, runOnly) {
  const { page } = tab;
  await page.evaluate(AXE);
  tab.kindsOfCode ??= [];
  tab.kindsOfCode.push(...(await page.evaluate(markSeen, tab.kindsOfCode)));
  return page.evaluate(
    async ([runOnly, template, exclude]) => {
      // What is folded away is read, too.
      for (const d of document.querySelectorAll("main details")) d.open = true;
      const { violations } = await window.axe.run({ exclude }, {
        runOnly,
        resultTypes: ["violations"],
        elementRef: true,
        selectors: false,
      });
      const wrong = [];
      for (const { id, nodes } of violations) {
        const ours = nodes.filter(
          ({ element }) =>
            element.closest("main") ||
            !template.some(({ rule, selector }) => rule === id && element.matches(selector)),
        );
        if (ours.length === 0) continue;
        const { element, any, all, none } = ours[0];
        const why = [...any, ...all, ...none].map(({ message }) => message).join("; ");
        const more = ours.length > 1 ? ` (and ${ours.length - 1} more elements)` : "";
        wrong.push(window.checks.problem(element, `breaks ${id}: ${why}${more}`));
      }
      return wrong;
    },
    [runOnly, TEMPLATE, leftOut(tab)],
  );
}

/// axe lets an image of the text be marked as decoration; in this book each
/// has something to say.
export function names({ page }) {
  return page.evaluate(() => {
    const name = (element) =>
      element.getAttribute("alt") ??
      element.getAttribute("aria-label") ??
      (element.getAttribute("aria-labelledby") ?? "")
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent ?? "")
        .join(" ");
    const title = (element) => element.querySelector(":scope > title")?.textContent ?? "";
    return [...document.querySelectorAll("main :is(img, svg[role=img])")]
      .filter((element) => (name(element) || title(element)).trim() === "")
      .map((element) => window.checks.problem(element, "has no name: say in words what it shows"));
  });
}
