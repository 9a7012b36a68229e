// What a reader finds by searching.

import { come, turn } from "../come.mjs";

const RESULTS = "#mdbook-searchresults a";

// What is among so many results is seen at once.
const FIRST = 3;

/// `s` opens the search, a heading's words find its page, and a result leads
/// there.
export async function finds(tab, names) {
  const { page } = tab;
  const name = names.at(-1);
  await tab.open(name);
  const words = await page.evaluate(() => {
    const headings = document.querySelectorAll("main :is(h1, h2)");
    const words = [...headings].at(-1).textContent.match(/[A-Za-z]{4,}/g) ?? [];
    return words.sort((a, b) => b.length - a.length).slice(0, 2);
  });
  if (words.length === 0) return { page: name, wrong: ["the last heading has no word to search"] };
  await tab.open(names[0]);
  await type(page, "s", words.join(" "));
  await come(page.waitForSelector(RESULTS), `a search for "${words.join(" ")}" shows nothing`);
  const results = await page.$$(RESULTS);
  for (const result of results) {
    const { pathname } = new URL(await result.evaluate((a) => a.href));
    if (pathname !== new URL(name, tab.base).pathname) continue;
    const follow = () => result.click();
    const response = await turn(page, follow, "a search result leads nowhere");
    const status = response?.status();
    const wrong = status === 200 ? [] : [`a search result leads to status ${status}`];
    return { page: name, wrong: [...wrong, ...tab.errors] };
  }
  const message = `a search for "${words.join(" ")}" finds ${results.length} places, not this page`;
  return { page: name, wrong: [message] };
}

/// `/` opens the search, too, and what is nowhere is not found.
export async function findsNothing(tab, names) {
  const { page } = tab;
  await tab.open(names[0]);
  await type(page, "/", "zqxjkvbwqz");
  const saidSo = page.waitForFunction(() =>
    document.getElementById("mdbook-searchresults-header").textContent.startsWith("No "),
  );
  await come(saidSo, "a search for nonsense does not say that there is nothing");
  const found = await page.$$(RESULTS);
  const wrong = found.length === 0 ? [] : ["a search for nonsense finds something"];
  await page.keyboard.press("Escape");
  const hidden = page.waitForSelector("#mdbook-searchbar", { state: "hidden" });
  await come(hidden, "Escape does not close the search");
  return { page: names[0], wrong: [...wrong, ...tab.errors] };
}

/// A search for a term of the glossary finds what it means among the first.
export async function terms(tab, names) {
  const { page } = tab;
  const name = names.find((name) => name.endsWith("glossary.html"));
  if (name === undefined) return { page: names[0], wrong: [] };
  await tab.open(name);
  const all = await page.$$eval("main h2.term", (terms) =>
    terms.map(({ id, textContent }) => ({ id, term: textContent.trim() })),
  );
  const wrong = all.length === 0 ? ["no term is a section"] : [];
  // Some from everywhere.
  const step = Math.ceil(all.length / 8);
  await type(page, "s", "");
  for (const { id, term } of all.filter((_, index) => index % step === 0)) {
    await search(page, term);
    const found = await results(page, term);
    const place = found.findIndex((href) => href.endsWith(`#${id}`));
    if (place >= 0 && place < FIRST) continue;
    wrong.push(`a search for "${term}" does not have its definition among the first ${FIRST}`);
  }
  return { page: name, wrong: [...wrong, ...tab.errors] };
}

async function type(page, key, text) {
  await page.keyboard.press(key);
  // The index comes when the search is opened first; the field has the focus
  // after that.
  const open = page.waitForFunction(() => document.activeElement?.id === "mdbook-searchbar");
  await come(open, `the key ${key} does not open the search`);
  await page.keyboard.type(text);
}

/// What book/searches.toml expects: the page is among the first results.
export async function expected(tab, names) {
  const { page } = tab;
  const all = JSON.parse(process.env.SEARCHES ?? "[]");
  if (all.length === 0) return { page: names[0], wrong: [] };
  await tab.open(names[0]);
  await type(page, "s", "");
  const wrong = [];
  for (const { query, page: name, at } of all) {
    await search(page, query);
    const wanted = new URL(name, tab.base).pathname;
    const found = await results(page, query);
    const first = found.slice(0, FIRST).map((href) => new URL(href).pathname);
    if (first.includes(wanted)) continue;
    const place = found.findIndex((href) => new URL(href).pathname === wanted);
    const where = place < 0 ? `not among ${found.length}` : `number ${place + 1}`;
    const message = `a search for "${query}" should have ${name} among its first ${FIRST} results: it is ${where}`;
    wrong.push({ at, wrong: message });
  }
  return { page: names[0], wrong: [...wrong, ...tab.errors] };
}

/// Searches for another text, when the search is open.
async function search(page, text) {
  await page.fill("#mdbook-searchbar", text);
  // Each key searches: one is enough.
  await page.keyboard.press("End");
}

/// The addresses of what a search for the text in the field has found.
async function results(page, query) {
  // The results come some time after the last key; their heading names the
  // words that they are for.
  const header = page.waitForFunction(
    (query) =>
      document.getElementById("mdbook-searchresults-header").textContent.includes(`'${query}'`),
    query,
  );
  await come(header, `a search for "${query}" shows nothing`);
  return page.$$eval(RESULTS, (links) => links.map((a) => a.href));
}
