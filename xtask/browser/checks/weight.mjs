// How heavy a page is: what it makes a phone draw, and what it makes it load.

import { gzipSync } from "node:zlib";

const MOST_ELEMENTS = 6000;
// Bytes, compressed: the page with the scripts, styles and pictures of this book.
const MOST_BYTES = 100_000;

// What mdBook adds to every page of every book: fonts, its scripts and styles, the
// search. A browser keeps them from one page to the next.
const OF_MDBOOK =
  /\/(fonts|css|FontAwesome)\/|\/(book|toc|clipboard|highlight|elasticlunr|mark|searcher|searchindex|tomorrow-night|ayu-highlight|favicon)[^/]*$/;

const sizes = new Map();

async function size(address) {
  if (!sizes.has(address)) {
    const answer = await fetch(address);
    sizes.set(address, gzipSync(Buffer.from(await answer.arrayBuffer())).length);
  }
  return sizes.get(address);
}

export async function light(tab) {
  const { elements, loaded } = await tab.page.evaluate(() => ({
    elements: document.querySelectorAll("*").length,
    loaded: performance.getEntriesByType("resource").map(({ name }) => name.split("#")[0]),
  }));
  const wrong = [];
  if (elements > MOST_ELEMENTS) {
    wrong.push(`the page has ${elements} elements; ${MOST_ELEMENTS} are allowed`);
  }
  const own = loaded.filter((name) => name.startsWith(tab.base) && !OF_MDBOOK.test(name));
  let bytes = 0;
  for (const address of [tab.address.split("#")[0], ...new Set(own)]) bytes += await size(address);
  if (bytes > MOST_BYTES) {
    wrong.push(`the page loads ${bytes} bytes, compressed; ${MOST_BYTES} are allowed`);
  }
  return wrong;
}
