// What is checked once for the whole book, in one tab. Each check opens what it
// needs, and names the page that its findings are about.

import { come, turn } from "../come.mjs";
import { source } from "../report.mjs";
import { axeContrast } from "./access.mjs";
import { expected, finds, findsNothing, terms } from "./search.mjs";

const CHECKS = [
  ["search", finds],
  ["search-nothing", findsNothing],
  ["search-terms", terms],
  ["search-expected", expected],
  ["arrow-keys", arrowKeys],
  ["skip", skip],
  ["target-on-load", targetOnLoad],
  ["print", print],
  ["not-found", notFound],
  ["styles", styles],
];

/// All of them, by their names. One whose files are what they were when it has
/// passed isn't run again: what is about single pages is a check for each.
export async function checks(tab, names) {
  const pages = await ofEachKind(tab, names);
  return [
    ...CHECKS,
    ...pages.map((name) => [`contrast of ${name}`, (tab) => contrast(tab, name)]),
    // Last, because the theme that it leaves stays.
    ["themes", themes],
  ];
}

/// The five themes can be chosen, differ, and last; what leads from page to page
/// can be seen in each.
async function themes(tab, names) {
  const { page } = tab;
  // Without this, colours change little by little.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await tab.open(names[1] ?? names[0]);
  const wrong = [];
  const shown = () =>
    page.evaluate(() => ({
      classes: [...document.documentElement.classList],
      // <body> may show what is below it.
      color: [document.body, document.documentElement]
        .map((element) => getComputedStyle(element).backgroundColor)
        .find((color) => color !== "rgba(0, 0, 0, 0)"),
    }));
  await page.click("#mdbook-theme-toggle");
  const colors = new Map();
  for (const theme of ["light", "rust", "coal", "ayu", "navy"]) {
    await come(page.click(`#mdbook-theme-${theme}`), `the menu of themes does not offer ${theme}`);
    const { classes, color } = await shown();
    if (color === undefined) wrong.push(`${theme} has no background`);
    if (!classes.includes(theme)) wrong.push(`${theme} chosen, <html> has ${classes}`);
    const same = colors.get(color);
    if (same) wrong.push(`${theme} has the background of ${same}, ${color}`);
    colors.set(color, theme);
    wrong.push(...(await page.evaluate(pale)).map((message) => `${theme}: ${message}`));
  }
  await page.reload();
  const { classes, color } = await shown();
  if (!classes.includes("navy") || colors.get(color) !== "navy") {
    wrong.push(`navy chosen, after a reload <html> has ${classes} and is ${color}`);
  }
  return { page: tab.name, wrong: [...wrong, ...tab.errors] };
}

// The other two are looked at on every page.
const OTHER_THEMES = ["rust", "coal", "ayu"];

// Of each kind of what may be on a page, the first page is looked at.
const KINDS = [/<by-hand-[a-z]+/g, /<figure class="[a-z -]+/g, /<table/g, /<pre/g, /<blockquote/g];

/// The first page, and the first of each kind.
async function ofEachKind(tab, names) {
  const seen = new Set();
  const found = [];
  for (const name of names) {
    const html = await tab.read(name);
    const kinds = KINDS.flatMap((kind) => html.match(kind) ?? []).filter((kind) => !seen.has(kind));
    if (kinds.length === 0 && name !== names[0]) continue;
    for (const kind of kinds) seen.add(kind);
    found.push(name);
  }
  return found;
}

/// The text of a page can be read in the themes in which not every page is
/// looked at.
async function contrast(tab, name) {
  const { page } = tab;
  await page.emulateMedia({ reducedMotion: "reduce" });
  const wrong = [];
  await tab.open(name);
  await page.click("#mdbook-theme-toggle");
  for (const theme of OTHER_THEMES) {
    await come(page.click(`#mdbook-theme-${theme}`), `the menu of themes does not offer ${theme}`);
    // Code that was looked at in another theme has other colours here.
    tab.kindsOfCode = [];
    await page.evaluate(() => {
      for (const part of document.querySelectorAll("[data-seen]")) delete part.dataset.seen;
    });
    for (const problem of await axeContrast(tab)) {
      wrong.push({ ...problem, wrong: `in the theme ${theme}: ${problem.wrong}` });
    }
  }
  return { page: name, wrong };
}

/// Links and buttons around the text that are too much like their ground: WCAG
/// asks for 3 of a sign and 4.5 of words. Runs in the page.
function pale() {
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color)
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (numbers(backgroundColor)[3] !== 0) return light(backgroundColor);
    }
    return 1;
  };
  const wrong = [];
  const LEAST = {
    ".nav-chapters": 3,
    ".mobile-nav-chapters": 3,
    "#mdbook-menu-bar .icon-button": 3,
    ".chapter a.active": 4.5,
    ".chapter a:not(.active)": 4.5,
  };
  for (const [selector, least] of Object.entries(LEAST)) {
    const element = document.querySelector(selector);
    if (element === null) {
      wrong.push(`there is no ${selector}`);
      continue;
    }
    const pair = [light(getComputedStyle(element).color), ground(element)];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < least) {
      const name = window.checks.describe(element);
      wrong.push(`${name} has a contrast of ${contrast.toFixed(2)}; ${least} is needed`);
    }
  }
  return wrong;
}

/// The arrow keys turn the pages, forth and back.
async function arrowKeys(tab, names) {
  const { page } = tab;
  for (const name of names) {
    await tab.open(name);
    const next = await page.evaluate(() => document.querySelector("a[rel~=next]")?.href);
    if (next === undefined) continue;
    for (const [key, to] of [["ArrowRight", next], ["ArrowLeft", tab.address]]) {
      const press = () => page.keyboard.press(key);
      const response = await turn(page, press, `${key} does not turn the page`);
      const status = response?.status();
      if (page.url() === to && status === 200) continue;
      return { page: name, wrong: [`${key} leads to ${page.url()} (status ${status}), not ${to}`] };
    }
    return { page: name, wrong: [] };
  }
  return { page: names[0], wrong: names.length > 1 ? ["no page has a next one"] : [] };
}

/// The first Tab comes to a link, seen then, that leads past the sidebar.
async function skip(tab, names) {
  const { page } = tab;
  const name = names.at(-1);
  await tab.open(name);
  const wrong = [];
  const focus = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      const { top, bottom } = element.getBoundingClientRect();
      return {
        what: window.checks.describe(element),
        seen: bottom > 0 && top < innerHeight,
        aside: element.closest("#mdbook-sidebar, #mdbook-menu-bar") !== null,
        skips: element.matches("a[href*='#']") && !document.querySelector("main").contains(element),
      };
    });
  await page.keyboard.press("Tab");
  const first = await focus();
  if (!first.skips || !first.seen) wrong.push(`the first Tab comes to ${first.what}`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const second = await focus();
  if (second.aside || second.what.startsWith("<body")) {
    wrong.push(`the first link leads to ${second.what}, not past the sidebar`);
  }
  return { page: name, wrong: [...wrong, ...tab.errors] };
}

/// Who comes from another page to a whole file finds it unfolded.
async function targetOnLoad(tab, names) {
  const { page } = tab;
  for (const name of names) {
    const html = await tab.read(name);
    const hash = html.match(/href="(#file-[^"]+)"/)?.[1];
    if (hash === undefined) continue;
    await tab.open(name + hash);
    const message = await page.evaluate((hash) => window.checks.targetProblem(hash), hash);
    return { page: name, wrong: message ? [`the page's address ${message}`] : [] };
  }
  return { page: names[0], wrong: [] };
}

// The width of the text on A4, with the margins that paper.css gives it.
const SHEET = { width: 673, height: 980 };

/// The page with the whole book prints, from a dark theme as well, and has
/// every page of the book, with what readers unfold on the screen.
async function print(tab, names) {
  const { page } = tab;
  const wrong = [];
  // It would open the browser's own dialog.
  await page.addInitScript(() => (window.print = () => {}));
  // Before it is opened: to lay out the whole book takes seconds each time.
  const screen = page.viewportSize();
  await page.setViewportSize(SHEET);
  await tab.open("print.html");
  await page.evaluate(() => {
    document.documentElement.classList.remove("light", "rust", "coal", "ayu");
    document.documentElement.classList.add("navy");
  });
  await page.emulateMedia({ media: "print" });
  const titles = await page.evaluate(
    () => [...document.querySelectorAll("main h1")].filter(window.checks.visible).length,
  );
  // Each page has one.
  if (titles < names.length) {
    wrong.push(`${names.length} pages, but ${titles} <h1> are to be seen in print`);
  }
  const hidden = await page.evaluate(() => {
    const texts = [...document.querySelectorAll("main > p, main details:not(.whole-file) > :not(.whole-file)")];
    // A figure shows its still form on paper.
    const hidden = texts.find((text) => !text.closest(".fig-live") && !window.checks.visible(text));
    return hidden && window.checks.describe(hidden);
  });
  if (hidden) wrong.push(`${hidden} is not printed`);
  wrong.push(...(await page.evaluate(paper)));
  const menu = await page.isVisible("#mdbook-menu-bar");
  if (menu) wrong.push("the menu bar is printed");
  // Laid out is the whole book; two sheets show that it is.
  const pdf = await page.pdf({ pageRanges: "1-2" });
  const found = [...tab.errors, ...tab.requests];
  await page.goto("about:blank");
  await page.emulateMedia({ media: null });
  await page.setViewportSize(screen);
  const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  if (sheets < 2) wrong.push(`the whole book makes a PDF of ${sheets} pages`);
  return { page: "print.html", wrong: [...wrong, ...found] };
}

/// What is too pale for white paper, and what runs off it. Runs in the page.
function paper() {
  const main = document.querySelector("main");
  const { right } = main.getBoundingClientRect();
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  // Any colour of CSS in the three numbers of the screen.
  const bright = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  };
  const wrong = new Map();
  const colors = new Map();
  const add = (kind, element, message) => {
    if (!wrong.has(kind)) wrong.set(kind, `${window.checks.describe(element)} ${message}`);
  };
  for (const element of main.querySelectorAll("p, li, td, th, code, pre span, summary, a, text")) {
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    // A padding may hang over.
    if (box.right > right + 4 && !element.closest("svg")) add("wide", element, "runs off the paper");
    const { color, fill } = getComputedStyle(element);
    const ink = element.closest("svg") ? fill : color;
    if (!colors.has(ink)) colors.set(ink, bright(ink));
    // Letters on a filled shape of a figure are on no white paper.
    if (colors.get(ink) > 0.6 && !element.closest("svg")) add("pale", element, `is pale: ${ink}`);
  }
  const field = bright(getComputedStyle(document.documentElement).getPropertyValue("--bg"));
  if (field < 0.9) add("ground", main, "has a dark ground");
  return [...wrong.values()];
}

/// A declaration that the browser does not understand is dropped without a
/// word.
async function styles(tab, names) {
  const { page, base } = tab;
  await tab.open(names[0]);
  const sheets = await page.evaluate(() => [...document.styleSheets].map((s) => s.href ?? ""));
  const wrong = [];
  const own = sheets.filter((sheet) => source(base, sheet) !== undefined);
  for (const sheet of own) {
    const file = source(base, sheet);
    const text = await tab.read(sheet);
    for (const { line, declaration } of await page.evaluate(unknown, text)) {
      const message = `the browser does not understand ${declaration}`;
      wrong.push({ at: `${file}:${line}`, wrong: message });
    }
  }
  return { page: names[0], wrong };
}

/// Runs in the page: the declarations of a style sheet that it does not know.
function unknown(sheet) {
  const blank = (text) => text.replace(/[^\n]/g, " ");
  // Comments hold anything; descriptors of fonts and paper are no properties.
  const text = sheet
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/@(font-face|page|property)\b[^{]*\{[^}]*\}/g, blank);
  const found = [];
  for (const match of text.matchAll(/(?<=[;{}]\s*)([a-z][a-z-]*)\s*:\s*([^;{}]+?)\s*(?=[;}])/g)) {
    const [declaration, name, value] = match;
    if (CSS.supports(name, value.replace(/\s*!important$/, ""))) continue;
    const line = text.slice(0, match.index).split("\n").length;
    found.push({ line, declaration: declaration.replace(/\s+/g, " ") });
  }
  return found;
}

/// Who follows a dead link is told so, anywhere, and can go to the start.
async function notFound(tab) {
  const { page } = tab;
  const wrong = [];
  await tab.open("no-such/page.html", 404);
  const start = await page.evaluate((base) => {
    const starts = ["", "index.html", "introduction.html"].map((s) => new URL(s, base).href);
    // Not the heading's link to itself.
    const links = [...document.querySelectorAll("main a[href]:not(.header)")];
    return links
      .filter(window.checks.visible)
      .map((a) => a.href.split("#")[0])
      .find((href) => starts.includes(href));
  }, tab.base);
  if (start === undefined) wrong.push("its text has no link to the start of the book");
  return { page: "404.html", wrong: [...wrong, ...tab.errors, ...tab.requests] };
}
