// An object on which the reader works: by pointer and by keys, in the address,
// on paper, without JavaScript. Whatever is done, all that matters is on the
// screen, and nothing moves; each challenge can be solved, and is said to be.

import { onPaper } from "./figures.mjs";
import { played } from "./played.mjs";

const MODEL = "main by-hand-model";
// All there is of a figure, as it is sent: its page's part, the recording, the
// scripts and the styles.
const MOST = 100_000;

export const { screen, phone } = played(MODEL, play);

/// Solves every challenge, in every variant, and wanders about.
async function play(model) {
  // Parts of a pixel are rounded here and there.
  const HAIR = 1.5;
  const PARTS = [".fig-object", ".fig-acts", ".fig-caption", ".fig-controls", ".fig-history"];
  const { runs, labels, words } = JSON.parse(model.querySelector("script").textContent);
  const one = (selector) => model.querySelector(selector);
  const all = (selector) => [...model.querySelectorAll(selector)];
  const radios = all(".fig-runs input");
  const acts = all(".fig-act");
  const wrong = new Set();
  const settled = () => new Promise((next) => setTimeout(() => requestAnimationFrame(next), 50));
  const places = () => {
    const top = model.getBoundingClientRect().top;
    const parts = [".fig-tasks", ...PARTS];
    const found = parts.map((part) => [part, one(part).getBoundingClientRect().top - top]);
    return [["the figure's height", model.offsetHeight], ...found];
  };
  const inside = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    const menu = document.getElementById("mdbook-menu-bar")?.getBoundingClientRect();
    // It may be below the screen, waiting to be wanted.
    const covered = menu?.top <= 0 ? Math.max(menu.bottom, 0) : 0;
    return top >= covered - HAIR && bottom <= innerHeight + HAIR;
  };
  const text = (html) => document.createRange().createContextualFragment(html).textContent;
  const said = () => one(".fig-words:not(.fig-room)");
  const solved = () => all(".fig-tasks > li").map((item) => item.matches(".fig-solved"));
  // The picture, the buttons and what is said aloud are those of the state.
  const compare = (run, at, fail) => {
    const [bits, values, moves] = run.states[at];
    const seen = all("[data-piece]").map((piece) => (getComputedStyle(piece).visibility === "visible" ? "1" : "0"));
    if (seen.join("") !== bits) fail("the picture is that of another state");
    const label = one(".fig-object > svg").ariaLabel;
    if (!values.every((value) => label.includes(`: ${words[value]}.`))) fail("the picture does not say its values");
    acts.forEach((button, action) => {
      const off = button.ariaDisabled === "true";
      if (off !== (moves[action][1] === null)) fail(`the button ${labels[action]} is ${off ? "off" : "on"}`);
    });
    for (const part of PARTS) {
      if (!inside(one(part))) fail(`not on the screen: ${part}`);
    }
  };
  for (const [nth, run] of runs.entries()) {
    const name = `variant ${nth + 1}`;
    radios[nth].click();
    one("[data-go=restart]").click();
    one(".fig-bench").scrollIntoView({ block: "center" });
    await settled();
    const before = places();
    const still = (fail) => {
      for (const [index, [part, place]] of places().entries()) {
        const moved = Math.round(place - before[index][1]);
        if (Math.abs(moved) > HAIR) fail(`${part} moved by ${moved} px`);
      }
    };
    if (said().ariaLive !== "polite") wrong.add("what has happened is not said aloud");
    const step = (at, action, when) => {
      const fail = (message) => wrong.add(`${name}, ${when}: ${message}`);
      const [words_, to] = run.states[at][2][action];
      const old = run.states[at][1];
      acts[action].click();
      if (!said().textContent.includes(text(words[words_]))) fail("it is not told what has happened");
      const now = to ?? at;
      run.states[now][1].forEach((value, index) => {
        const news = one(".fig-news").textContent;
        if (value !== old[index] && !news.includes(`: ${words[value]}.`)) fail("a value has changed, and is not said aloud");
      });
      compare(run, now, fail);
      still(fail);
      return now;
    };
    for (const [task, { show, ways }] of run.tasks.entries()) {
      const item = all(".fig-tasks > li")[task];
      const fail = (message) => wrong.add(`${name}, challenge ${task + 1}: ${message}`);
      if (item.querySelector(".fig-ways").textContent !== ways) fail("it does not say how many ways there are");
      if (show.length === 0) {
        item.querySelector("button").click();
        if (!said().textContent.includes("No way")) fail("it does not say that there is no way");
        continue;
      }
      one("[data-go=restart]").click();
      let at = 0;
      show.forEach((action, index) => {
        at = step(at, action, `challenge ${task + 1}, step ${index + 1}`);
      });
      if (!solved()[task]) fail("it is solved, and is not said to be");
      if (!/✓\sChallenge/.test(said().textContent)) fail("that it is solved is not said aloud");
    }
    // Every action from one state after the other.
    one("[data-go=restart]").click();
    let at = 0;
    for (let count = 0; count < 60; count += 1) {
      at = step(at, (count * 7 + (count >> 3)) % acts.length, `after ${count} actions`);
    }
    one("[data-go=restart]").click();
  }
  radios[0].click();
  return [...wrong];
}

/// By keys alone: an action's letter, back, again, and to the beginning; the
/// address has what was done and leads back to it.
export async function keys(tab) {
  const { page } = tab;
  const wrong = [];
  const count = (await page.$$(MODEL)).length;
  for (let nth = 0; nth < count; nth += 1) {
    const message = await press(tab, nth);
    if (!message) continue;
    const model = (await page.$$(MODEL))[nth];
    wrong.push(await model.evaluate((m, text) => window.checks.problem(m, text), message));
  }
  return wrong;
}

async function press(tab, nth) {
  const { page } = tab;
  const model = (await page.$$(MODEL))[nth];
  const { name, id, letters } = await model.evaluate((model) => {
    const { runs, keys } = JSON.parse(model.querySelector("script").textContent);
    const last = runs.length - 1;
    model.querySelectorAll(".fig-runs input")[last].click();
    model.querySelector("[data-go=restart]").click();
    model.querySelector(".fig-bench").focus();
    const ways = runs[last].tasks.map(({ show }) => show);
    const longest = ways.reduce((a, b) => (b.length > a.length ? b : a));
    const letters = longest.map((action) => keys[action]);
    return { name: model.closest("figure").id, id: runs[last].id, letters };
  });
  const state = () =>
    page.$$eval(
      MODEL,
      (models, nth) => {
        const [model, variant] = [models[nth], models[nth].querySelector(".fig-runs input:checked")];
        const done = model.querySelectorAll(".fig-history > li:not(.fig-undone)").length;
        return `${done}: ${variant.value}: ${model.querySelector(".fig-words").textContent}`;
      },
      nth,
    );
  const hash = () => page.evaluate(() => location.hash);
  const address = `#${name}.${id}.${letters.join("")}`;
  for (const letter of letters) await page.keyboard.press(letter);
  if ((await hash()) !== address) return `its letters lead to ${await hash()}, not to ${address}`;
  const end = await state();
  await page.keyboard.press("ArrowLeft");
  const back = address.slice(0, -1).replace(/\.$/, "");
  if ((await hash()) !== back) return `the left arrow leads to ${await hash()}`;
  await page.keyboard.press("ArrowRight");
  if ((await state()) !== end) return "the right arrow does not do it again";
  await page.goto(new URL("404.html", tab.base).href);
  await page.goBack();
  await page.waitForSelector(MODEL);
  await page.evaluate(tab.inPage);
  if ((await state()) !== end) return `going back shows ${await state()}, not ${end}`;
  await page.$$eval(MODEL, (models, nth) => models[nth].querySelector(".fig-bench").focus(), nth);
  await page.keyboard.press("Home");
  if (!(await state()).startsWith("0:")) return "Home does not lead to the beginning";
  return undefined;
}

/// Paper has a solution of each challenge, and no buttons.
export async function print({ page }) {
  return onPaper(page, MODEL, plain.bind(null, { page }));
}

/// So has a reader without JavaScript.
export function plain({ page }) {
  return page.$$eval(MODEL, (models) =>
    models.flatMap((model) => {
      const count = (selector) =>
        [...model.querySelectorAll(selector)].filter((e) => e.checkVisibility()).length;
      const { tasks } = JSON.parse(model.querySelector("script").textContent);
      const wrong = [];
      if (count("button, input") > 0) wrong.push("has buttons that do nothing here");
      if (count(".fig-still table") !== tasks.length) wrong.push("does not show a table of each challenge");
      if (count(".fig-still svg") !== tasks.length) wrong.push("does not show a picture of each challenge");
      return wrong.map((message) => window.checks.problem(model, message));
    }),
  );
}

/// It is small, compressed as a server sends it.
export function size({ page }) {
  return page.$$eval(
    MODEL,
    async (models, most) => {
      const wrong = [];
      for (const model of models) {
        const read = async (url) => (await fetch(url)).text();
        const files = [
          model.querySelector(".fig-how a").href,
          ...[...document.querySelectorAll("link[rel=stylesheet], script[src]")]
            .map((element) => element.href ?? element.src)
            .filter((url) => /model|room/.test(url)),
        ];
        const texts = await Promise.all(files.map(read));
        const all = new Blob([model.outerHTML, ...texts]).stream();
        const packed = await new Response(all.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
        if (packed.byteLength > most) {
          wrong.push(window.checks.problem(model, `has ${packed.byteLength} bytes, compressed; at most ${most}`));
        }
      }
      return wrong;
    },
    MOST,
  );
}
