// What the Rust side reads: a line of JSON on standard output for each thing
// that was checked, with `wrong` if it is wrong and `near`, a text of the
// page's markdown source, if the place is known, or `at`, a file of the book
// and the line, from the root of the project. `note` is what was wrong at first
// only: such a line is no check of its own. `files` has what a check of the
// whole book asked for; a check of a page has none.

// The scripts and styles that book.toml adds to mdBook's own.
const OWN = JSON.parse(process.env.OWN ?? "[]");

// Findings of one kind on one page mostly have one cause.
const MOST = 5;

/// Problems are messages, or objects with `wrong` and perhaps `near` or `at`;
/// none means that all is well.
export function report(page, check, problems, files) {
  if (problems.length === 0) print({ page, check, files });
  for (const problem of problems.slice(0, MOST)) {
    const { wrong, near, at } =
      typeof problem === "string" ? { wrong: problem } : problem;
    // JSON leaves out what is undefined.
    print({ page, check, near: near || undefined, at, wrong, files });
  }
  const more = problems.length - MOST;
  if (more > 0) print({ page, check, wrong: `and ${more} more of these`, files });
}

/// Problems that were there at first, and not when the page was looked at again.
export function tell(page, check, problems) {
  for (const problem of problems.slice(0, MOST)) {
    print({ page, check, note: typeof problem === "string" ? problem : problem.wrong });
  }
}

function print(line) {
  console.log(JSON.stringify(line));
}

/// The file from which mdBook has made this address, if it is a script or a
/// style of the book's own: `book/theme/byhand.css`. mdBook keeps its path and
/// puts a hash in its name.
export function source(base, address) {
  const path = address.startsWith(base) ? address.slice(base.length).split(/[?#]/)[0] : "";
  const file = decodeURIComponent(path).replace(/-[0-9a-f]{8,}(?=\.(js|css)$)/, "");
  return OWN.includes(file) ? file : undefined;
}
