// A recorded figure, stepped by hand. The page has all of it already: every
// step's shapes in a group, every caption as data. This shows and hides.
// Without this script the page shows still frames and a table instead.
"use strict";

(() => {
    const KEYS = {
        ArrowLeft: "back",
        ArrowRight: "next",
        Home: "first",
        End: "last",
    };

    class ByHandFigure extends HTMLElement {
        #runs = [];
        #counts = []; // how many values each control has
        #asked = false; // with controls: was the question answered?

        connectedCallback() {
            if (this.#runs.length > 0) return; // moved, not made
            const data = this.querySelector('script[type="application/json"]');
            const { runs, controls } = JSON.parse(data.textContent);
            this.#counts = controls;
            const boxes = this.querySelectorAll(".fig-run");
            this.#runs = runs.map((run, index) => ({
                ...run,
                box: boxes[index],
                groups: boxes[index].querySelectorAll(".fig-step"),
                lines: boxes[index].querySelectorAll(".fig-code li"),
                at: 0, // the step that is shown; 0 until it was predicted
                choice: 0,
            }));
            // On paper an answer is not folded away.
            for (const details of this.querySelectorAll(".fig-still details")) {
                details.querySelector("summary").remove();
                details.replaceWith(...details.childNodes);
            }
            this.addEventListener("click", (event) => this.#click(event));
            // A slider says so while it is dragged.
            this.addEventListener("input", (event) => this.#choose(event));
            this.addEventListener("keydown", (event) => this.#key(event));
        }

        #click({ target }) {
            const button = target.closest("button");
            if (button === null) return;
            const run = this.#of(button);
            if (button.dataset.choice !== undefined) {
                this.#answer(run, Number(button.dataset.choice));
                // The button that had the focus is gone.
                run.box
                    .querySelector("[data-go=next]")
                    .focus({ preventScroll: true });
            } else if (button.dataset.go !== undefined) {
                this.#go(run, button.dataset.go);
            }
        }

        /// The steps are shown: from the first one, or, where the reader
        /// compares runs by controls, all at once in every run.
        #answer(run, choice) {
            const compared = this.#counts.length > 0;
            for (const each of compared ? this.#runs : [run]) {
                each.choice = choice;
                each.box.classList.remove("fig-asking");
            }
            this.#asked = compared;
            this.#show(run, compared ? run.steps.length : 1);
        }

        #choose({ target }) {
            const chosen = target.dataset.control
                ? this.#set(target)
                : Number(target.value);
            const shown = this.#runs.find((run) => !run.box.hidden);
            this.#runs.forEach((run, index) => {
                run.box.hidden = index !== chosen;
            });
            const run = this.#runs[chosen];
            if (this.#asked && run !== shown) this.#show(run, alike(shown, run));
        }

        /// The run that the controls choose: the last one's values are next to
        /// each other.
        #set(target) {
            if (target.type === "range") {
                const box = target.closest(".fig-range");
                box.querySelector("output").textContent = target.value;
            }
            const set = [
                ...this.querySelectorAll("[type=range], [data-control]:checked"),
            ];
            return set.reduce((index, { type, value, min }, nth) => {
                const own = type === "range" ? value - min : Number(value);
                return index * this.#counts[nth] + own;
            }, 0);
        }

        #key(event) {
            const go = KEYS[event.key];
            const held =
                event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
            if (go === undefined || held) return;
            // The arrows turn the book's page, but not from in here.
            event.stopPropagation();
            const run = this.#of(event.target);
            // Among the runs and in the table they do what they always do.
            if (run === undefined) return;
            event.preventDefault();
            if (run.at === 0) {
                run.box.querySelector("[data-choice]").focus();
            } else {
                this.#go(run, go);
            }
        }

        #of(element) {
            const box = element.closest(".fig-run");
            return this.#runs.find((run) => run.box === box);
        }

        #go(run, where) {
            const last = run.steps.length;
            const to = { first: 1, back: run.at - 1, next: run.at + 1, last };
            this.#show(run, Math.min(Math.max(to[where], 1), last));
        }

        #show(run, at) {
            if (run.at === at) return;
            run.at = at;
            const { box, steps } = run;
            const find = (selector) => box.querySelector(selector);
            run.groups.forEach((group, index) => {
                group.classList.toggle("seen", index < at);
                group.classList.toggle("now", index === at - 1);
            });
            const { say, state, line } = steps[at - 1];
            find(".fig-words").innerHTML =
                `<strong>${at} of ${steps.length}</strong> ${say}`;
            for (const row of box.querySelectorAll("[data-state]")) {
                row.querySelector("dd").innerHTML = state[row.dataset.state];
            }
            find("[aria-current]")?.removeAttribute("aria-current");
            run.lines[line]?.setAttribute("aria-current", "step");
            const nowLine = find(".fig-now-line"); // what is drawn has no code
            if (nowLine) nowLine.textContent = run.lines[line]?.textContent ?? "";
            const end = (go, reached) =>
                find(`[data-go=${go}]`).setAttribute("aria-disabled", reached);
            for (const go of ["first", "back"]) end(go, at === 1);
            for (const go of ["next", "last"]) end(go, at === steps.length);
            find(".fig-verdict").innerHTML =
                at === steps.length ? verdict(run) : "";
        }
    }

    /// The step of a run that is like the one shown of another run: the last
    /// one, or that of the same time, or the same number.
    function alike(from, to) {
        const { steps, at } = from;
        const last = to.steps.length;
        if (at === steps.length) return last;
        const { time } = steps[at - 1];
        if (time === null) return Math.min(at, last);
        return Math.max(to.steps.findLastIndex((step) => step.time <= time), 0) + 1;
    }

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

    customElements.define("by-hand-figure", ByHandFigure);

    // Paper shows the tables, whatever is folded on the screen.
    let folded = [];
    addEventListener("beforeprint", () => {
        folded = [...document.querySelectorAll(".fig-table:not([open])")];
        for (const details of folded) details.open = true;
    });
    addEventListener("afterprint", () => {
        for (const details of folded) details.open = false;
    });
})();
