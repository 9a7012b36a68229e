// That nothing moves in the text for a reader who asked for that.

export function reduced({ page }) {
  return page.evaluate(() => {
    const main = document.querySelector("main");
    // "0.1s, 20ms" in seconds, the longest.
    const longest = (times) => Math.max(...times.split(",").map((t) => parseFloat(t)));
    const moves = (style) =>
      (style.transitionProperty !== "none" && longest(style.transitionDuration) > 0) ||
      style.animationName !== "none";
    // One message for all elements that one rule of CSS is about.
    const found = new Map();
    for (const element of [main, ...main.querySelectorAll("*")]) {
      for (const part of ["", "::before", "::after"]) {
        if (!moves(getComputedStyle(element, part || undefined))) continue;
        const key = element.tagName + element.className + part;
        if (found.has(key)) continue;
        const message = `${part} has a transition or animation in spite of prefers-reduced-motion`;
        found.set(key, window.checks.problem(element, message.trim()));
      }
    }
    const { scrollBehavior } = getComputedStyle(document.documentElement);
    const smooth = scrollBehavior === "smooth" ? ["the page scrolls smoothly"] : [];
    return [...found.values(), ...smooth];
  });
}
