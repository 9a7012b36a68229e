// What the page can do a little better with JavaScript. Nothing here is
// needed in order to read it.
"use strict";

(() => {
    // A link to something that is folded unfolds it first.
    const unfold = () => {
        let target = null;
        try {
            target = document.getElementById(
                decodeURIComponent(location.hash.slice(1)),
            );
        } catch {
            return; // an address that is not well formed names nothing
        }
        // A figure shows the step that an address names.
        if (target?.closest("by-hand-figure, by-hand-graph, by-hand-model")) return;
        let opened = false;
        for (let at = target; at; at = at.parentElement) {
            if (at instanceof HTMLDetailsElement && !at.open) {
                at.open = true;
                opened = true;
            }
        }
        if (opened) target.scrollIntoView();
    };
    addEventListener("hashchange", unfold);
    unfold();
    // The address may be the same as before: then there is no hashchange.
    document.addEventListener("click", (event) => {
        const link = event.target.closest?.('a[href^="#"]');
        if (link) setTimeout(unfold);
    });

    // Paper has no folds. Browsers that do not let CSS unfold are told here.
    let unfolded = [];
    addEventListener("beforeprint", () => {
        const folded = "main details:not(.whole-file, [open])";
        unfolded = [...document.querySelectorAll(folded)];
        for (const details of unfolded) details.open = true;
    });
    addEventListener("afterprint", () => {
        for (const details of unfolded) details.open = false;
        unfolded = [];
    });

    // What scrolls sideways can be scrolled by keyboard. A group, not a region:
    // a page with twenty landmarks has none.
    const boxes = "main pre > code, main .table-wrapper";
    const reachable = () => {
        for (const box of document.querySelectorAll(boxes)) {
            if (box.scrollWidth <= box.clientWidth + 1) continue;
            box.tabIndex = 0;
            box.setAttribute("role", "group");
            const code = box.matches("code");
            box.setAttribute("aria-label", code ? "Code" : "Table");
        }
    };
    // And shows at which side there is more of it.
    const fade = (table) => {
        const { scrollLeft, scrollWidth, clientWidth } = table;
        const left = Math.abs(scrollLeft);
        table.classList.toggle("more-before", left > 1);
        const more = scrollWidth - clientWidth - left;
        table.classList.toggle("more-after", more > 1);
    };
    const tables = document.querySelectorAll("main .table-wrapper");
    const fit = () => {
        reachable();
        for (const table of tables) fade(table);
    };
    fit();
    addEventListener("resize", fit);
    for (const table of tables) {
        table.addEventListener("scroll", () => fade(table), { passive: true });
    }
    for (const details of document.querySelectorAll("main details")) {
        details.addEventListener("toggle", fit);
    }

    // The sidebar has a link for each page: the keyboard can go past it.
    const text = document.querySelector("main");
    if (text !== null) {
        text.id ||= "text";
        text.tabIndex = -1;
        const skip = document.createElement("a");
        skip.className = "skip";
        // The page of a dead link has another base.
        skip.href = `${location.href.split("#")[0]}#${text.id}`;
        skip.textContent = "Skip to the text";
        document.body.prepend(skip);
    }

    // The pages before and after have names; the sidebar knows them.
    const names = new Map();
    for (const link of document.querySelectorAll("#mdbook-sidebar a[href]")) {
        if (!link.hash) names.set(link.href, link.textContent.trim());
    }
    for (const link of document.querySelectorAll("a[rel~=prev], a[rel~=next]")) {
        // Its first page is a copy of the introduction.
        const name = names.get(link.href.replace(/\/$/, "/index.html"));
        if (name === undefined) continue;
        const which = link.rel === "prev" ? "Previous" : "Next";
        link.title = `${which}: ${name}`;
        link.setAttribute("aria-label", link.title);
        if (!link.matches(".mobile-nav-chapters")) continue;
        const shown = document.createElement("span");
        shown.className = "nav-name";
        shown.textContent = name;
        link.append(shown);
    }

    // mdBook turns the page with the arrows, wherever the focus is. In the text
    // they scroll, move the caret, or step through a figure; the page stays.
    const inText = (node) => node !== text && (text?.contains(node) ?? false);
    // mdBook listens at the document, which comes after its body.
    document.body.addEventListener("keydown", (event) => {
        const sideways = ["ArrowLeft", "ArrowRight"].includes(event.key);
        // A click into the text puts the caret there, and no focus.
        const caret = getSelection()?.anchorNode ?? null;
        const own = event.target === document.body ? caret : event.target;
        if (sideways && inText(own)) event.stopPropagation();
    });
})();
