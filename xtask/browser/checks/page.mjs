// That a page is one, and that nothing went wrong while it was open.

export function oneMain({ page }) {
  return page.evaluate(() => {
    const count = document.querySelectorAll("main").length;
    return count === 1 ? [] : [`${count} <main> elements`];
  });
}

export async function title({ page }) {
  return (await page.title()).trim() === "" ? ["the title is empty"] : [];
}

export async function scriptErrors({ errors }) {
  return errors;
}

export async function requests({ requests }) {
  return requests;
}
