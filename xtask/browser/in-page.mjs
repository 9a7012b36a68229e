// What the checks need inside of a page, as `window.checks`. Playwright sends
// the function's text into the browser, so it can use nothing from outside.

export function inPage() {
  const main = document.querySelector("main");

  // These are made by the tool; their text stands in no markdown file, or is
  // none.
  const GENERATED =
    "dl.status, figcaption, by-hand-figure, by-hand-graph, by-hand-measured, by-hand-model, .difference, .whole-file, .solution, .buttons, summary, script, style";

  /// Each text of the page that its markdown has verbatim, and its node.
  /// Quotes and dashes do not: they were typed as ASCII.
  function sources() {
    const found = [];
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent.closest(GENERATED)) continue;
      // The highlighter cuts code into small pieces.
      const code = parent.closest("pre code");
      if (code && found.at(-1)?.[0] === code) continue;
      const text = (code ?? node).textContent
        .split(/[\n‘’“”–—…]/)
        .map((piece) => piece.trim())
        .reduce((best, piece) => (piece.length > best.length ? piece : best), "");
      // A short one may stand in many places.
      if (text.length >= 12) found.push([code ?? node, text.slice(0, 80)]);
    }
    return found;
  }

  // Made when first asked for; the text does not change while it is checked.
  let all;

  window.checks = {
    /// A text of the source at the element, else the last one before it.
    near(element) {
      if (!main?.contains(element)) return undefined;
      all ??= sources();
      const own = all.find(([node]) => element.contains(node) || node.contains(element));
      const before = all.findLast(
        ([node]) =>
          node.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING,
      );
      return (own ?? before)?.[1];
    },

    /// How a message names the element.
    describe(element) {
      const name = element.tagName.toLowerCase();
      const id = element.id && `#${element.id}`;
      const classes = [...element.classList].map((c) => `.${c}`).join("");
      const text = (element.textContent ?? "").trim().replace(/\s+/g, " ");
      const start = text.length > 40 ? `${text.slice(0, 40)}…` : text;
      return `<${name}${id}${classes}>${start && ` "${start}"`}`;
    },

    problem(element, message) {
      return { wrong: `${this.describe(element)} ${message}`, near: this.near(element) };
    },

    visible(element) {
      return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    },

    /// What is wrong with where a fragment leads, once there was time to
    /// unfold and to scroll.
    async targetProblem(hash) {
      const target = document.getElementById(decodeURIComponent(hash.slice(1)));
      if (target === null) return `leads to ${hash}, which is not there`;
      const folded = () => target.closest("details:not([open])") !== null;
      const seen = () => {
        const { top, bottom } = target.getBoundingClientRect();
        return !folded() && this.visible(target) && bottom > 0 && top < innerHeight;
      };
      const end = performance.now() + 1000;
      while (!seen() && performance.now() < end) {
        await new Promise((next) => setTimeout(next, 10));
      }
      if (seen()) return undefined;
      return `leads to ${hash}, which is not ${folded() ? "unfolded" : "on the screen"} then`;
    },
  };
}
