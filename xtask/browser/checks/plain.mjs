// The book without JavaScript: nothing of the text is missing.

/// There is text; what a reader with JavaScript has of it is kept for `compare`.
export async function remember({ page, name, shared }) {
  shared[name] = await page.evaluate(() => {
    const main = document.querySelector("main");
    const BLOCKS = "h1, h2, h3, h4, h5, h6, p, li, pre, th, td, dt, dd, figcaption, summary";
    const blocks = [];
    for (const block of main.querySelectorAll(BLOCKS)) {
      // Buttons, and figures that one can step through, are made by scripts.
      // What figures show without them is a check of theirs.
      let element = block;
      while (element !== main && !element.localName.includes("-")) {
        element = element.parentElement;
      }
      if (element !== main || block.closest("[hidden]")) continue;
      const copy = block.cloneNode(true);
      for (const button of copy.querySelectorAll(".buttons")) button.remove();
      blocks.push({ text: copy.textContent, near: window.checks.near(block) });
    }
    return blocks;
  });
  const empty = shared[name].every(({ text }) => text.trim() === "");
  return empty ? ["there is no text"] : [];
}

/// The same blocks can be read without JavaScript.
export async function compare({ page, name, shared }) {
  // Lines break elsewhere, and CSS may set capitals.
  const plain = (text) => text.replace(/\s+/g, "").toLowerCase();
  const main = page.locator("main");
  await main.evaluate((main) => {
    for (const details of main.querySelectorAll("details")) details.open = true;
  });
  const seen = plain(await main.innerText());
  if (!(await main.locator("h1").first().isVisible())) {
    return ["there is no <h1> to be seen without JavaScript"];
  }
  // Without what the other reader saw, that they did not is reported.
  return (shared[name] ?? [])
    .filter(({ text }) => !seen.includes(plain(text)))
    .map(({ text, near }) => {
      const start = text.trim().replace(/\s+/g, " ").slice(0, 60);
      return { wrong: `without JavaScript this is missing: "${start}"`, near };
    });
}

/// The sidebar is a frame then, which the menu button brings into view.
export async function navigation(tab) {
  if (!tab.isFirst("sidebar")) return [];
  const { page, shared } = tab;
  const frame = await (await page.$("#mdbook-sidebar iframe"))?.contentFrame();
  const links = (await frame?.$$("a[href]")) ?? [];
  if (links.length === 0) return ["without JavaScript the sidebar has no links"];
  // It slides for a while; once for the book is enough.
  if (shared.sidebar) return [];
  shared.sidebar = true;
  const inView = () =>
    page.evaluate(() => {
      const { left, width } = document.getElementById("mdbook-sidebar").getBoundingClientRect();
      return left >= 0 && width > 0;
    });
  if (await inView()) return ["without JavaScript the sidebar covers the text"];
  await page.click("#mdbook-sidebar-toggle");
  const end = Date.now() + 2_000;
  while (Date.now() < end) {
    if (await inView()) return [];
    await page.waitForTimeout(30);
  }
  return ["without JavaScript the menu button does not show the sidebar"];
}
