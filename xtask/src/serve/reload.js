// Added by `cargo xtask serve` to each page: reloads it when the book was built
// again, and shows why the last build failed.
//
// It asks with short requests. A stream held open for each page would use up
// the six connections that a browser opens to a server: the seventh tab would
// never load.
"use strict";

(() => {
    const { version } = document.currentScript.dataset;
    let timer;
    let asking = false;

    const show = (error) => {
        let box = document.getElementById("built-error");
        if (box === null) {
            if (error === null) return;
            box = document.createElement("pre");
            box.id = "built-error";
            box.setAttribute("role", "alert");
            box.style.cssText =
                "position: fixed; inset: auto 0 0 0; z-index: 1000; margin: 0;" +
                "padding: 12px 16px; max-height: 40vh; overflow: auto;" +
                "white-space: pre-wrap; font: 14px/1.5 monospace;" +
                "background: #7a1022; color: #fff";
            document.body.append(box);
        }
        // A reader of the screen is told of each error once.
        const text = error ?? "";
        if (box.textContent !== text) box.textContent = text;
        box.hidden = error === null;
    };

    const ask = async () => {
        if (asking) return;
        asking = true;
        clearTimeout(timer);
        try {
            const answer = await fetch("/__built", { cache: "no-store" });
            const built = await answer.json();
            if (built.version !== version) {
                location.reload();
                return;
            }
            show(built.error);
        } catch {
            // The server has been stopped. After it has come back its versions
            // are others.
        }
        asking = false;
        timer = setTimeout(ask, document.hidden ? 5000 : 500);
    };
    document.addEventListener("visibilitychange", ask);
    ask();
})();
