// That the words of drawings have room, with whatever font a reader has. A
// picture in an <img> cannot use the page's font, and others are wider.

/// By how much the words of a wider font are longer. DejaVu Sans is 12 %
/// wider than Open Sans on average, and 20 % in capitals.
const WIDER = 0.2;

/// The words of drawings, with more room than they take here, meet neither
/// each other nor the edge of a box or of the picture.
export function room({ page }) {
  return page.evaluate(async (WIDER) => {
    const wrong = [];
    const meet = (a, b) =>
      a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    // A line's box is higher than its letters.
    const letters = (text) => {
      const { left, right, top, bottom, width, height } = text.getBoundingClientRect();
      const more = text.hasAttribute("textLength") ? 0 : width * WIDER;
      const [before, after] = { start: [0, 1], middle: [0.5, 0.5], end: [1, 0] }[
        getComputedStyle(text).textAnchor
      ];
      return {
        words: text.textContent,
        left: left - more * before,
        right: right + more * after,
        top: top + height / 5,
        bottom: bottom - height / 5,
      };
    };
    const look = (svg, element) => {
      const fail = (message) => wrong.push(window.checks.problem(element, message));
      const picture = svg.getBoundingClientRect();
      const boxes = [...svg.querySelectorAll("rect")].map((rect) => rect.getBoundingClientRect());
      // Letters that have their places one by one do not move.
      const words = [...svg.querySelectorAll("text")].filter(
        (text) => text.x.baseVal.numberOfItems <= 1,
      );
      const texts = words.map(letters);
      texts.forEach((text, index) => {
        const out = (box) => text.left < box.left || text.right > box.right;
        if (out(picture)) fail(`"${text.words}" leaves the picture in a wider font`);
        if (boxes.some((box) => meet(text, box) && out(box)))
          fail(`"${text.words}" meets the edge of a box in a wider font`);
        const other = texts.slice(index + 1).find((other) => meet(text, other));
        if (other) fail(`"${text.words}" meets "${other.words}" in a wider font`);
      });
    };
    for (const svg of document.querySelectorAll("main figure.drawing svg")) look(svg, svg);
    for (const image of document.querySelectorAll('main img[src$=".svg"]')) {
      // Its words can be measured only inside the page.
      const copy = document.createElement("div");
      copy.style.width = `${image.clientWidth}px`;
      copy.innerHTML = await (await fetch(image.src)).text();
      image.after(copy);
      look(copy.querySelector("svg"), image);
      copy.remove();
    }
    return wrong;
  }, WIDER);
}
