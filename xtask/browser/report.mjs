// What the Rust side reads: a line of JSON on standard output for each thing
// that was checked, with `wrong` if it is wrong and `near`, a text of the
// page's markdown source, if the place is known.

// Findings of one kind on one page mostly have one cause.
const MOST = 5;

/// Problems are messages, or objects with `wrong` and perhaps `near`; none
/// means that all is well.
export function report(page, check, problems) {
  if (problems.length === 0) print({ page, check });
  for (const problem of problems.slice(0, MOST)) {
    const { wrong, near } =
      typeof problem === "string" ? { wrong: problem } : problem;
    // JSON leaves out what is undefined.
    print({ page, check, near: near || undefined, wrong });
  }
  const more = problems.length - MOST;
  if (more > 0) print({ page, check, wrong: `and ${more} more of these` });
}

function print(line) {
  console.log(JSON.stringify(line));
}
