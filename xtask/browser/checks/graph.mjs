// A graph of states, in which the reader chooses who acts: by pointer and by
// keys, in the address, on paper, without JavaScript. At every step all that
// matters is on the screen, and nothing moves.

import { played } from "./played.mjs";

const GRAPH = "main by-hand-graph";
// All there is of a figure, as it is sent: its page's part, the recording, the
// scripts and the styles.
const MOST = 100_000;

export const { screen, phone } = played(GRAPH, play);

/// Plays the schedule that each level shows, and the one in which the last
/// actor that can act does.
async function play(graph) {
  // Parts of a pixel are rounded here and there.
  const HAIR = 1.5;
  const { levels, names } = JSON.parse(graph.querySelector("script").textContent);
  const boxes = [...graph.querySelectorAll(".fig-level")];
  const radios = graph.querySelectorAll(".fig-runs input");
  const wrong = new Set();
  const settled = () => new Promise((next) => setTimeout(() => requestAnimationFrame(next), 50));
  const places = (box) => {
    const top = graph.getBoundingClientRect().top;
    const parts = [".fig-actors", ".fig-caption", ".fig-state", ".fig-controls", ".fig-history", ".fig-code", ".fig-map"];
    const all = parts.map((part) => [part, box.querySelector(part).getBoundingClientRect().top - top]);
    return [["the figure's height", graph.offsetHeight], ...all];
  };
  const inside = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    const menu = document.getElementById("mdbook-menu-bar")?.getBoundingClientRect();
    // It may be below the screen, waiting to be wanted.
    const covered = menu?.top <= 0 ? Math.max(menu.bottom, 0) : 0;
    return top >= covered - HAIR && bottom <= innerHeight + HAIR;
  };
  let height;
  for (const [nth, level] of levels.entries()) {
    const box = boxes[nth];
    const one = (selector) => box.querySelector(selector);
    const fail = (message) => wrong.add(`level ${nth + 1}: ${message}`);
    radios[nth].click();
    if (!box.checkVisibility()) fail("choosing it does not show it");
    height ??= graph.offsetHeight;
    if (Math.abs(graph.offsetHeight - height) > HAIR) fail("choosing it changes the figure's height");
    for (const pick of [(can, step) => level.show[step], (can) => can.at(-1)]) {
      one("[data-go=restart]").click();
      one(".fig-desk").scrollIntoView({ block: "center" });
      await settled();
      const before = places(box);
      let at = 0;
      for (let step = 0; step < 30; step += 1) {
        const [actors, , end] = level.states[at];
        const can = actors.flatMap(([, , to], actor) => (to === null ? [] : [actor]));
        const cards = [...box.querySelectorAll(".fig-actor")];
        cards.forEach((card, actor) => {
          const off = card.ariaDisabled === "true";
          if (off === can.includes(actor)) fail(`step ${step}: the button of ${names[actor]} is ${off ? "off" : "on"}`);
          // The line of code on the card is the one that is marked.
          const marked = [...box.querySelectorAll(".fig-code li")][actors[actor][1]];
          const line = card.querySelector(".fig-at > code:not(.fig-room)").textContent;
          if ((marked?.matches("[data-at]") ?? line !== "") && !marked?.textContent.includes(line)) {
            fail(`step ${step}: ${names[actor]} stands at no marked line`);
          }
        });
        for (const part of [".fig-actors", ".fig-caption", ".fig-state", ".fig-controls", ".fig-history"]) {
          if (!inside(one(part))) fail(`step ${step}: not on the screen: ${part}`);
        }
        for (const [index, [part, place]] of places(box).entries()) {
          const moved = Math.round(place - before[index][1]);
          if (Math.abs(moved) > HAIR) fail(`step ${step}: ${part} moved by ${moved} px`);
        }
        const said = one(".fig-words:not(.fig-room)");
        if (said.ariaLive !== "polite") fail("what has happened is not said aloud");
        if (end !== null) {
          if (!said.textContent.includes(level.ends[end][0].replace(/<[^>]*>/g, ""))) fail(`step ${step}: the end is not told`);
          break;
        }
        const actor = pick(can, step);
        const old = [...box.querySelectorAll(".fig-state .fig-value:not(.fig-room)")].map((e) => e.textContent);
        cards[actor].click();
        if (!said.textContent.includes(names[actor])) fail(`step ${step + 1}: it is not told who acted`);
        const news = one(".fig-news");
        box.querySelectorAll("[data-state]").forEach((row, index) => {
          const value = row.querySelector(".fig-value:not(.fig-room)").textContent;
          const told = news.textContent.includes(`${row.querySelector("dt").textContent}: ${value}.`);
          if (value !== old[index] && !told) fail(`step ${step + 1}: a value has changed, and is not said aloud`);
        });
        at = actors[actor][2];
      }
      if (one(".fig-words:not(.fig-room)").textContent === "") fail("it has no end");
    }
    one("[data-go=restart]").click();
  }
  return [...wrong];
}

/// By keys alone: an actor's letter, back, again, and to the beginning; the
/// address has the schedule and leads back to it.
export async function keys(tab) {
  const { page } = tab;
  const wrong = [];
  const count = (await page.$$(GRAPH)).length;
  for (let nth = 0; nth < count; nth += 1) {
    const message = await press(tab, nth);
    if (!message) continue;
    const graph = (await page.$$(GRAPH))[nth];
    wrong.push(await graph.evaluate((g, m) => window.checks.problem(g, m), message));
  }
  return wrong;
}

async function press(tab, nth) {
  const { page } = tab;
  const graph = (await page.$$(GRAPH))[nth];
  const { name, id, letters } = await graph.evaluate((graph) => {
    const { levels, keys } = JSON.parse(graph.querySelector("script").textContent);
    graph.querySelector(".fig-runs input").click();
    const box = graph.querySelector(".fig-level");
    box.querySelector("[data-go=restart]").click();
    box.focus();
    const letters = levels[0].show.map((actor) => keys[actor]);
    return { name: graph.closest("figure").id, id: levels[0].id, letters };
  });
  const state = () =>
    page.$$eval(GRAPH, (graphs, nth) => {
      const box = [...graphs[nth].querySelectorAll(".fig-level")].find((box) => !box.hidden);
      const steps = box.querySelectorAll(".fig-history > li:not(.fig-undone)").length;
      return `${steps}: ${box.querySelector(".fig-words").textContent}`;
    }, nth);
  const hash = () => page.evaluate(() => location.hash);
  const address = `#${name}.${id}.${letters.join("")}`;
  for (const letter of letters) await page.keyboard.press(letter);
  if ((await hash()) !== address) return `its letters lead to ${await hash()}, not to ${address}`;
  const end = await state();
  await page.keyboard.press("ArrowLeft");
  if ((await hash()) !== address.slice(0, -1)) return `the left arrow leads to ${await hash()}`;
  await page.keyboard.press("ArrowRight");
  if ((await state()) !== end) return "the right arrow does not take the step again";
  await page.goto(new URL("404.html", tab.base).href);
  await page.goBack();
  await page.waitForSelector(GRAPH);
  await page.evaluate(tab.inPage);
  if ((await state()) !== end) return `going back shows ${await state()}, not ${end}`;
  await page.$$eval(GRAPH, (graphs, nth) => graphs[nth].querySelector(".fig-level").focus(), nth);
  await page.keyboard.press("Home");
  if (!(await state()).startsWith("0:")) return "Home does not lead to the beginning";
  return undefined;
}

/// Paper has a schedule of each level, and no buttons.
export async function print({ page }) {
  if ((await page.$(GRAPH)) === null) return [];
  await page.emulateMedia({ media: "print" });
  const wrong = await plain({ page });
  await page.emulateMedia({ media: null });
  return wrong;
}

/// So has a reader without JavaScript.
export function plain({ page }) {
  return page.$$eval(GRAPH, (graphs) =>
    graphs.flatMap((graph) => {
      const count = (selector) =>
        [...graph.querySelectorAll(selector)].filter((e) => e.checkVisibility()).length;
      const { levels } = JSON.parse(graph.querySelector("script").textContent);
      const wrong = [];
      if (count("button, input") > 0) wrong.push("has buttons that do nothing here");
      if (count(".fig-still table") !== levels.length) wrong.push("does not show a table of each level");
      const steps = levels.reduce((sum, { show }) => sum + show.length, 0);
      if (count(".fig-still tbody tr") !== steps) wrong.push(`does not show the ${steps} steps of its schedules`);
      return wrong.map((message) => window.checks.problem(graph, message));
    }),
  );
}

/// It is small, compressed as a server sends it.
export function size({ page }) {
  return page.$$eval(
    GRAPH,
    async (graphs, most) => {
      const wrong = [];
      for (const graph of graphs) {
        const read = async (url) => (await fetch(url)).text();
        const files = [
          graph.querySelector(".fig-how a").href,
          ...[...document.querySelectorAll("link[rel=stylesheet], script[src]")]
            .map((element) => element.href ?? element.src)
            .filter((url) => /graph|room/.test(url)),
        ];
        const texts = await Promise.all(files.map(read));
        const all = new Blob([graph.outerHTML, ...texts]).stream();
        const packed = await new Response(all.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
        if (packed.byteLength > most) {
          wrong.push(window.checks.problem(graph, `has ${packed.byteLength} bytes, compressed; at most ${most}`));
        }
      }
      return wrong;
    },
    MOST,
  );
}
