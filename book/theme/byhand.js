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
    reachable();
    addEventListener("resize", reachable);
    for (const details of document.querySelectorAll("main details")) {
        details.addEventListener("toggle", reachable);
    }
    // mdBook turns the page with the arrows, wherever the focus is. In the text
    // they scroll, move the caret, or step through a figure; the page stays.
    const main = document.querySelector("main");
    const inText = (node) => node !== main && (main?.contains(node) ?? false);
    // mdBook listens at the document, which comes after its body.
    document.body.addEventListener("keydown", (event) => {
        const sideways = ["ArrowLeft", "ArrowRight"].includes(event.key);
        // A click into the text puts the caret there, and no focus.
        const caret = getSelection()?.anchorNode ?? null;
        const own = event.target === document.body ? caret : event.target;
        if (sideways && inText(own)) event.stopPropagation();
    });
})();
