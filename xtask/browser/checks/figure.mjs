// What the checks of figures share. Each run is asked and stepped in the page,
// by its own buttons.

const FIGURE = "main by-hand-figure";

/// What `check` finds wrong with each figure of the page. It runs in the page
/// and gets a figure, its runs, and `window.checks`; it gives messages.
export async function each({ page }, check, argument) {
  return page.$$eval(
    FIGURE,
    async (figures, [text, argument]) => {
      const check = new Function(`return ${text}`)();
      const wrong = [];
      for (const figure of figures) {
        const all = figure.querySelectorAll(".fig-run");
        const set = figure.querySelector(".fig-set") !== null;
        const runs = [...all].filter((run) => !set || !run.hidden);
        const tools = {
          set,
          /// Chooses a run, asks again, and gives its name.
          choose(run) {
            const nth = [...all].indexOf(run);
            const radio = figure.querySelectorAll(".fig-runs input")[nth];
            if (!set) radio?.click();
            run.querySelector("[data-go=ask]").click();
            return run.getAttribute("aria-label").replace(/^Figure: /, "");
          },
          press: (run, button) => run.querySelector(button).click(),
          /// The menu bar follows the page when it has scrolled.
          settle: () => new Promise((next) => setTimeout(() => requestAnimationFrame(next), 50)),
          steps: (run) => run.querySelectorAll(".fig-step").length,
        };
        for (const message of await check(figure, runs, tools, argument)) {
          wrong.push(window.checks.problem(figure, message));
        }
      }
      return wrong;
    },
    [check.toString(), argument],
  );
}
