// What a term means, beside its first use: while the pointer is on it, or the
// keyboard's focus. The link to the glossary stays a link.
"use strict";

(() => {
    const LINKS = 'main a[href*="glossary.html#term-"]';
    const SHOW = 250; // ms: the pointer has come to stay
    const HIDE = 200; // ms: it may go over to the text that is shown

    // The glossary is read when the first of them is asked for.
    let glossary = null;
    const meaning = async (link) => {
        const address = link.href.split("#")[0];
        glossary ??= fetch(address).then(async (answer) => {
            if (!answer.ok) throw new Error(`status ${answer.status}`);
            const parser = new DOMParser();
            return parser.parseFromString(await answer.text(), "text/html");
        });
        const page = await glossary;
        const term = page.getElementById(link.hash.slice(1));
        return term?.nextElementSibling?.textContent.trim();
    };

    const box = document.createElement("div");
    box.id = "term-meaning";
    box.className = "term-meaning";
    box.role = "tooltip";
    box.hidden = true;
    document.querySelector("main")?.append(box);

    let shown = null;
    let waits = 0;

    const hide = () => {
        clearTimeout(waits);
        shown?.removeAttribute("aria-describedby");
        shown = null;
        box.hidden = true;
    };

    const place = (link) => {
        const at = link.getBoundingClientRect();
        const text = box.parentElement.getBoundingClientRect();
        box.style.insetBlockStart = `${at.bottom - text.top + 6}px`;
        const room = text.width - box.offsetWidth;
        const left = Math.max(0, Math.min(at.left - text.left, room));
        box.style.insetInlineStart = `${left}px`;
    };

    const show = async (link) => {
        const told = await meaning(link).catch(() => undefined);
        // Without a network there is still the link. And the reader may be
        // elsewhere by now.
        const wanted = link.matches(":hover") || link === document.activeElement;
        if (!told || !wanted) return;
        hide();
        box.textContent = told;
        box.hidden = false;
        link.setAttribute("aria-describedby", box.id);
        shown = link;
        place(link);
    };

    const later = (act, time) => {
        clearTimeout(waits);
        waits = setTimeout(act, time);
    };

    for (const link of document.querySelectorAll(LINKS)) {
        link.addEventListener("pointerenter", ({ pointerType }) => {
            if (pointerType === "mouse") later(() => show(link), SHOW);
        });
        link.addEventListener("pointerleave", () => later(hide, HIDE));
        link.addEventListener("focus", () => {
            if (link.matches(":focus-visible")) show(link);
        });
        link.addEventListener("blur", hide);
    }
    box.addEventListener("pointerenter", () => clearTimeout(waits));
    box.addEventListener("pointerleave", () => later(hide, HIDE));
    document.body.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || shown === null) return;
        hide();
        event.stopPropagation();
    });
})();
