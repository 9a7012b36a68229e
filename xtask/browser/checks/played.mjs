// What the checks of figures share on which the reader works: each is played in
// the page, on screens of three sizes.

const TABLET = { width: 768, height: 1024 };

/// The checks of the figures that `selector` finds. `play` runs in the page; it
/// gets a figure, and gives messages.
export function played(selector, play) {
  /// On the screen that the tab has.
  async function phone({ page }) {
    const { width, height } = page.viewportSize();
    return page.$$eval(
      selector,
      async (figures, [text, size]) => {
        const play = new Function(`return ${text}`)();
        const wrong = [];
        for (const figure of figures) {
          for (const message of await play(figure)) {
            wrong.push(window.checks.problem(figure, `${message} (${size})`));
          }
        }
        return wrong;
      },
      [play.toString(), `${width}x${height}`],
    );
  }

  /// On a wide screen, and on one between that and a phone.
  async function screen(tab) {
    const { page } = tab;
    const own = page.viewportSize();
    const wrong = await phone(tab);
    if ((await page.$(selector)) === null) return wrong;
    for (const size of [TABLET, own]) {
      await page.setViewportSize(size);
      await page.reload();
      await page.evaluate(tab.inPage);
      if (size === TABLET) wrong.push(...(await phone(tab)));
    }
    return wrong;
  }

  return { screen, phone };
}
