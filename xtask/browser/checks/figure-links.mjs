// A step has an address: stepping writes it, a link leads to it, and going back
// restores it. After a pointer has chosen a run, the arrows step.

const FIGURE = "main by-hand-figure";

export async function links(tab) {
  const { page } = tab;
  const wrong = [];
  const count = (await page.$$(FIGURE)).length;
  for (let nth = 0; nth < count; nth += 1) {
    const figure = (await page.$$(FIGURE))[nth];
    const message = await follow(tab, figure, nth).catch((error) => error.message.split("\n")[0]);
    if (!message) continue;
    const now = (await page.$$(FIGURE))[nth];
    wrong.push(await now.evaluate((f, m) => window.checks.problem(f, m), message));
  }
  return wrong;
}

/// Which run is shown, and its step.
function state(page, nth) {
  return page.$$eval(
    FIGURE,
    (figures, nth) => {
      const runs = [...figures[nth].querySelectorAll(".fig-run")];
      const run = runs.findIndex((run) => !run.hidden);
      const groups = [...runs[run].querySelectorAll(".fig-step")];
      const words = runs[run].querySelector(".fig-verdict").textContent;
      const box = runs[run].querySelector(".fig-controls").getBoundingClientRect();
      const seen = box.top >= 0 && box.bottom <= innerHeight;
      return { run, step: groups.findIndex((g) => g.matches(".now")) + 1, words, seen };
    },
    nth,
  );
}

async function follow(tab, figure, nth) {
  const { page } = tab;
  const { name, ids, to, set } = await figure.evaluate((figure) => {
    const { runs } = JSON.parse(figure.querySelector("script").textContent);
    return {
      name: figure.closest("figure").id,
      ids: runs.map(({ id }) => id),
      to: Math.min(3, runs.at(-1).steps.length),
      set: figure.querySelector(".fig-set") !== null,
    };
  });
  const last = ids.length - 1;
  const address = (run, step) => `#${name}.${ids[run]}.${step}`;
  const hash = () => page.evaluate(() => location.hash);
  const go = (hash) =>
    page.evaluate((hash) => {
      const link = document.createElement("a");
      link.href = hash;
      document.querySelector("main").append(link);
      link.click();
      link.remove();
      return new Promise((next) => setTimeout(next, 50));
    }, hash);
  // A link shows its run and its step, and brings them onto the screen.
  await go(address(last, to));
  const linked = await state(page, nth);
  if (linked.run !== last || linked.step !== to) {
    return `a link to ${address(last, to)} shows run ${linked.run + 1}, step ${linked.step}`;
  }
  if (!linked.seen) return `a link to ${address(last, to)} does not bring it onto the screen`;
  // Then the arrows step, and the address follows.
  await page.keyboard.press("ArrowLeft");
  if ((await hash()) !== address(last, to - 1)) return `after a step the address is ${await hash()}`;
  // Another page, and back.
  await page.goto(new URL("404.html", tab.base).href);
  await page.goBack();
  await page.waitForSelector(FIGURE);
  const back = await state(page, nth);
  await page.evaluate(tab.inPage);
  if (back.run !== last || back.step !== to - 1) {
    return `going back restores run ${back.run + 1}, step ${back.step}, not ${last + 1} and ${to - 1}`;
  }
  if (set || ids.length < 2) return undefined;
  // A pointer chooses a run that was answered; the arrow steps it.
  await go(address(0, 1));
  await go(address(last, 1));
  const label = (await (await page.$$(FIGURE))[nth].$$(".fig-runs label"))[0];
  await label.click();
  await page.keyboard.press("ArrowRight");
  const chosen = await state(page, nth);
  if (chosen.run !== 0) return "after a click on a run, the arrow chooses another run";
  if (chosen.step !== 2) return "after a click on a run, the arrow does not step it";
  return undefined;
}
