// Room for a figure: what will stand in a place keeps it open, unseen, so that
// nothing moves from one step to the next; what is told of a prediction; and the
// address of what is shown.
// The figures' scripts ask for it.
"use strict";

const byHandRoom = (() => {
    // What is shorter than this part of the longest does not need more room.
    const NEARLY = 0.8;

    /// Puts copies into the same place as the element, below it.
    function room(element, copies) {
        const box = element.parentElement;
        box.classList.add("fig-roomy");
        for (const html of copies) {
            const copy = document.createElement("div");
            copy.className = `${element.className} fig-room`;
            copy.ariaHidden = "true";
            copy.innerHTML = html;
            box.append(copy);
        }
    }

    /// Those of some texts that may take most room.
    function longest(htmls) {
        const all = [...new Set(htmls)].map((html) => {
            const text = html.replace(/<[^>]*>/g, "");
            return { html, length: text.length };
        });
        const most = Math.max(...all.map(({ length }) => length));
        const long = all.filter(({ length }) => length >= most * NEARLY);
        return long.map(({ html }) => html);
    }

    /// A table of which each cell is the longest of the tables' cells there.
    function widest(htmls) {
        const made = document.createElement("template");
        made.innerHTML = [...new Set(htmls)].join("");
        const tables = [...made.content.querySelectorAll("table")];
        const most = tables.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
        for (const row of most.rows) {
            // Bold letters are wider.
            if (row.rowIndex > 0) row.className = "fig-changed";
            for (const cell of row.cells) {
                const cells = tables
                    .map((table) => table.rows[row.rowIndex]?.cells[cell.cellIndex])
                    .filter((cell) => cell !== undefined);
                cell.innerHTML = longest(cells.map((cell) => cell.innerHTML))[0];
            }
        }
        return most.outerHTML;
    }

    /// A prediction and the answer. Choice 0 is that there was no prediction.
    function verdict({ choice, right, choices, why }) {
        const answer = choices[right - 1];
        if (choice === 0) return `<strong>${answer}.</strong> ${why}`;
        if (choice === right) {
            return `<strong>✓ As you predicted: ${answer}.</strong> ${why}`;
        }
        const yours = choices[choice - 1];
        return (
            `<strong>✗ Your prediction was: ${yours}. ` +
            `It is: ${answer}.</strong> ${why}`
        );
    }

    /// Has `visit` called when the page's address leads into the figure, and told
    /// whether to scroll there. The rows give their addresses up.
    function listen(name, rows, visit) {
        for (const row of rows) row.removeAttribute("id");
        addEventListener("hashchange", () => visit(true));
        // To the address where the page is already.
        document.addEventListener("click", ({ target }) => {
            const link = target.closest?.(`a[href^="#${name}."]`);
            if (link?.hash === location.hash) visit(true);
        });
        // Whoever comes back finds the page scrolled as it was left.
        const [how] = performance.getEntriesByType("navigation");
        visit(how?.type === "navigate");
    }

    // What a run that isn't shown keeps out of the page: its parts that are large.
    const LARGE = ".fig-picture, .fig-code, .fig-choices, .fig-room";
    const packed = new WeakMap();

    /// Takes the large parts of a run out of the page. They can still be changed.
    function pack(box) {
        if (packed.has(box)) return;
        const parts = [...box.querySelectorAll(LARGE)].map((part) => {
            const content = new DocumentFragment();
            content.append(...part.childNodes);
            return { part, content };
        });
        packed.set(box, parts);
    }

    /// Puts them back.
    function unpack(box) {
        for (const { part, content } of packed.get(box) ?? []) part.append(content);
        packed.delete(box);
    }

    return { room, longest, widest, verdict, listen, pack, unpack };
})();
