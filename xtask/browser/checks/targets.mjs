// Links to listings and whole files, which may be folded away: who follows one
// must see what it names. A browser opens what is around a target, but not the
// target itself.

const LINKS = 'main :is(a[href^="#file-"], a[href^="#listing-"])';

export function links({ page }) {
  return page.evaluate(async (selector) => {
    const wrong = [];
    const tried = new Set();
    for (const link of document.querySelectorAll(selector)) {
      if (tried.has(link.hash)) continue;
      tried.add(link.hash);
      for (const d of document.querySelectorAll("main details")) {
        d.open = d.contains(link);
      }
      link.click();
      const message = await window.checks.targetProblem(link.hash);
      if (message) wrong.push(window.checks.problem(link, message));
    }
    return wrong;
  }, LINKS);
}
