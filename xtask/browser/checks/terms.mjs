// What stands around and beside the text: meanings of terms, names of pages.

import { come } from "../come.mjs";

const LINK = 'main a[href*="glossary.html#term-"]';
const MEANING = "main .term-meaning";

/// A term that has the focus shows what the glossary says, and Escape hides it.
export async function meaning(tab) {
  const { page } = tab;
  const link = await page.$(LINK);
  if (link === null || !tab.isFirst("a term")) return [];
  const near = await link.textContent();
  // As by the keyboard: a click shows nothing.
  await link.evaluate((link) => link.focus({ focusVisible: true }));
  const shown = page.waitForSelector(MEANING, { state: "visible" });
  await come(shown, `the term "${near}" has the focus, and its meaning is not shown`);
  const wrong = await link.evaluate(async (link) => {
    const [address, id] = link.href.split("#");
    const text = await (await fetch(address)).text();
    const glossary = new DOMParser().parseFromString(text, "text/html");
    const meaning = glossary.getElementById(id)?.nextElementSibling?.textContent.trim();
    const box = document.getElementById(link.getAttribute("aria-describedby"));
    const wrong = [];
    if (!box) wrong.push("the meaning of a term does not describe its link");
    else if (box.textContent !== meaning) wrong.push(`${meaning} is shown as ${box.textContent}`);
    return wrong;
  });
  await page.keyboard.press("Escape");
  if (await page.isVisible(MEANING)) wrong.push("Escape does not hide the meaning of a term");
  return wrong.map((wrong) => ({ wrong, near }));
}

/// The links to the pages before and after say which these are.
export async function neighbours({ page }) {
  return page.$$eval("a[rel~=prev], a[rel~=next]", (links) =>
    links
      .filter((link) => !/^(Previous|Next): ./.test(link.getAttribute("aria-label")))
      .map((link) => `a link to ${link.getAttribute("href")} does not name the page`),
  );
}
