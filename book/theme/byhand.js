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
    // Inside of such a box the arrows scroll; elsewhere mdBook turns the page.
    for (const box of document.querySelectorAll(boxes)) {
        box.addEventListener("keydown", (event) => {
            const sideways = ["ArrowLeft", "ArrowRight"].includes(event.key);
            if (sideways && box.tabIndex === 0) event.stopPropagation();
        });
    }
})();
