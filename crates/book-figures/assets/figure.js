// A recorded figure, stepped by hand. The page has all of it already: every
// step's shapes in a group, every caption as data. This shows and hides.
// Without this script the page shows still frames and a table instead.
"use strict";

(() => {
    const { pack, unpack, verdict } = byHandRoom;
    const KEYS = {
        ArrowLeft: "back",
        ArrowRight: "next",
        Home: "first",
        End: "last",
    };
    // What a picture has at the current step: of a chart, the shape itself.
    const MARK =
        ":not(.fig-gantt) > .now > .fig-mark, " +
        ".fig-gantt > .now :is(.fig-frame-now, .fig-tip, .fig-arrow)";
    // What scrolls where there is no room for all of it, and its name.
    const SCROLLED = {
        ".fig-picture": "Picture",
        ".fig-state": "Values",
        ".fig-code": "Code",
    };

    class ByHandFigure extends HTMLElement {
        #runs = [];
        #counts = []; // how many values each control has
        #pointed = false; // was it a pointer that touched the figure last?
        #name = ""; // the figure's id, with which each step's address begins

        connectedCallback() {
            if (this.#runs.length > 0) return; // moved, not made
            const data = this.querySelector('script[type="application/json"]');
            const { runs, controls } = JSON.parse(data.textContent);
            this.#counts = controls;
            this.#name = this.closest("figure").id;
            const boxes = this.querySelectorAll(".fig-run");
            this.#runs = runs.map((run, index) => ({
                ...run,
                box: boxes[index],
                groups: boxes[index].querySelectorAll(".fig-step"),
                lines: boxes[index].querySelectorAll(".fig-code li"),
                at: 0, // the step that is shown; 0 until it was predicted
                choice: 0,
            }));
            const sizes = new ResizeObserver((all) => {
                for (const { target } of all) reachable(target);
            });
            for (const run of this.#runs) {
                keepRoom(run);
                for (const part of Object.keys(SCROLLED)) {
                    const box = find(run, part);
                    if (box !== null) sizes.observe(box);
                }
            }
            // On paper an answer is not folded away.
            for (const details of this.querySelectorAll(".fig-still details")) {
                details.querySelector("summary").remove();
                details.replaceWith(...details.childNodes);
            }
            this.addEventListener("click", (event) => this.#click(event));
            // A slider says so while it is dragged.
            this.addEventListener("input", (event) => this.#choose(event));
            this.addEventListener("keydown", (event) => this.#key(event));
            this.addEventListener("pointerdown", () => (this.#pointed = true));
            // What the screen is high and wide changes how high runs are.
            new ResizeObserver(() => this.#fit()).observe(this);
            addEventListener("resize", () => this.#fit());
            this.#listen();
        }

        /// All runs have the height of the tallest: to choose another one moves
        /// nothing below the figure.
        #fit() {
            const shown = this.#shown();
            for (const { box } of this.#runs) {
                unpack(box);
                box.hidden = false;
            }
            const heights = this.#runs.map(({ box }) => box.offsetHeight);
            this.style.setProperty("--tallest", `${Math.max(...heights)}px`);
            this.#uncover(shown);
        }

        #click({ target }) {
            // What is chosen already is no input.
            this.#chosen(target, this.#shown());
            const button = target.closest("button");
            if (button === null) return;
            if (button.dataset.go === "keep") {
                this.#strip(this.#shown()).classList.toggle("fig-kept");
                this.#pin(this.#shown());
                return;
            }
            const run = this.#of(button);
            const { choice, go } = button.dataset;
            if (choice !== undefined) this.#answer(run, Number(choice));
            else if (run.at === 0) find(run, "[data-choice]").focus();
            else if (go === "ask") this.#ask(run);
            else this.#go(run, go);
        }

        /// The steps are shown: from the first one, or, where the reader
        /// compares runs by controls, all at once in every run.
        #answer(run, choice) {
            for (const each of this.#asked(run)) open(each, choice);
            const all = this.#counts.length > 0;
            this.#go(run, all ? "last" : "first");
            // The button that had the focus is gone.
            const to = all ? "back" : "next";
            find(run, `[data-go=${to}]`).focus({ preventScroll: true });
        }

        /// The question again, as if it had not been answered.
        #ask(run) {
            for (const each of this.#asked(run)) close(each);
            this.#remember(run);
            find(run, "[data-choice]").focus({ preventScroll: true });
        }

        /// A run that a pointer has chosen is the one to step through; the
        /// keyboard may still be on its way to another one.
        #chosen(target, run) {
            if (this.#pointed && target.type === "radio") {
                run.box.focus({ preventScroll: true });
            }
        }

        #choose({ target }) {
            if (!target.matches("[data-control], .fig-runs input")) return;
            const chosen = target.dataset.control
                ? this.#set(target)
                : Number(target.value);
            const [from, to] = [this.#shown(), this.#runs[chosen]];
            this.#uncover(to);
            // Of the runs that are compared, all are answered at once.
            if (this.#counts.length > 0 && from.at > 0 && from !== to) {
                show(to, alike(from, to));
            }
            this.#chosen(target, to);
            this.#remember(to);
        }

        /// Whose question it is: with controls it is that of all runs.
        #asked(run) {
            return this.#counts.length > 0 ? this.#runs : [run];
        }

        #shown() {
            return this.#runs.find((run) => !run.box.hidden);
        }

        #strip(run) {
            const strips = this.querySelectorAll(".fig-live .fig-strip");
            return strips[this.#runs.indexOf(run)];
        }

        /// Shows the strip of a run, and whether it is kept.
        #pin(run) {
            const strip = this.#strip(run);
            if (strip === undefined) return;
            this.querySelector(".fig-strip.fig-chosen")?.classList.remove("fig-chosen");
            strip.classList.add("fig-chosen");
            const kept = strip.matches(".fig-kept");
            this.querySelector("[data-go=keep]").setAttribute("aria-pressed", kept);
        }

        #uncover(run) {
            for (const each of this.#runs) {
                each.box.hidden = each !== run;
                if (each === run) unpack(each.box);
                // Eighteen charts would be most of the page.
                else if (this.#counts.length > 0) pack(each.box);
            }
            this.#pin(run);
            // What was not displayed was not scrolled.
            follow(run);
        }

        /// The run that the controls choose: the last one's values are next to
        /// each other.
        #set(target) {
            if (target.type === "range") say(target);
            return this.#controls().reduce((index, { type, value, min }, nth) => {
                const own = type === "range" ? value - min : Number(value);
                return index * this.#counts[nth] + own;
            }, 0);
        }

        #controls() {
            return [
                ...this.querySelectorAll("[type=range], [data-control]:checked"),
            ];
        }

        #key(event) {
            this.#pointed = false;
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
            if (run.at === 0) find(run, "[data-choice]").focus();
            else this.#go(run, go);
        }

        #of(element) {
            const box = element.closest(".fig-run");
            return this.#runs.find((run) => run.box === box);
        }

        #go(run, where) {
            const last = run.steps.length;
            const to = { first: 1, back: run.at - 1, next: run.at + 1, last };
            show(run, Math.min(Math.max(to[where], 1), last));
            this.#remember(run);
            inView(run, "nearest");
        }

        // --- The address: a run, a step of it, and the prediction ---

        /// `#figure-NAME.RUN.STEP` leads to a step. Without this script a row of
        /// the table has that address; here the step itself does.
        #listen() {
            const rows = this.querySelectorAll(".fig-table [id]");
            byHandRoom.listen(this.#name, rows, (scroll) => this.#visit(scroll));
        }

        #visit(scroll) {
            const [name, id, step] = location.hash.slice(1).split(".");
            const run = this.#runs.find((run) => run.id === id);
            if (name !== this.#name || run === undefined) return;
            // The browser has unfolded the row that had the address.
            this.querySelector(".fig-table").open = false;
            this.#press(run);
            this.#uncover(run);
            if (step !== undefined) {
                const choice = history.state?.choice ?? 0;
                for (const each of this.#asked(run)) {
                    if (each.at === 0) open(each, choice);
                }
                const at = Math.max(Number.parseInt(step, 10) || 1, 1);
                show(run, Math.min(at, run.steps.length));
            } else if (run.at === 0 && !run.box.matches(".fig-asking")) {
                show(run, run.steps.length); // answered in another run
            }
            if (!scroll) return;
            inView(run, "center");
            run.box.focus({ preventScroll: true });
        }

        /// Sets the controls to a run.
        #press(run) {
            let index = this.#runs.indexOf(run);
            if (this.#counts.length === 0) {
                const radios = this.querySelectorAll(".fig-runs input");
                if (radios.length > 0) radios[index].checked = true;
                return;
            }
            this.#controls()
                .map((control, nth) => [control, this.#counts[nth]])
                .reverse()
                .forEach(([control, count]) => {
                    const value = index % count;
                    index = (index - value) / count;
                    if (control.type === "range") {
                        control.value = Number(control.min) + value;
                        say(control);
                    } else {
                        const { name } = control;
                        const same = `[name="${name}"][value="${value}"]`;
                        this.querySelector(same).checked = true;
                    }
                });
        }

        #remember({ id, at, choice }) {
            const step = at > 0 ? `.${at}` : "";
            try {
                const address = `#${this.#name}.${id}${step}`;
                history.replaceState({ ...history.state, choice }, "", address);
            } catch {
                // Too often for this browser: the next step will be told.
            }
        }
    }

    function find(run, selector) {
        return run.box.querySelector(selector);
    }

    /// Scrolls the page to what fits on the screen: the run, or on a phone the
    /// run without its code.
    function inView(run, block) {
        const fits = run.box.offsetHeight < innerHeight;
        const box = fits ? run.box : find(run, ".fig-screen");
        box.scrollIntoView({ behavior: "instant", block });
    }

    /// What a slider is set to, in words.
    function say(slider) {
        const range = slider.closest(".fig-range");
        range.querySelector("output").textContent = slider.value;
    }

    function open(run, choice) {
        run.choice = choice;
        run.box.classList.remove("fig-asking");
    }

    function close(run) {
        run.at = 0;
        run.box.classList.add("fig-asking");
        for (const group of run.groups) group.classList.remove("seen", "now");
        point(run, undefined);
        find(run, ".fig-words").innerHTML = run.before;
        for (const [id, html] of Object.entries(run.start)) put(run, id, html);
        for (const part of [".fig-now-line", ".fig-news"]) {
            find(run, part)?.replaceChildren();
        }
        tell(run, "");
        reach(run);
    }

    function show(run, at) {
        if (run.at === at) return;
        const { steps, lines, decided } = run;
        run.at = at;
        run.groups.forEach((group, index) => {
            group.classList.toggle("seen", index < at);
            group.classList.toggle("now", index === at - 1);
        });
        const { say, state, news, line } = steps[at - 1];
        find(run, ".fig-words").innerHTML = caption(run, at, say);
        const changed = Object.entries(state).filter(([id, html]) =>
            put(run, id, html),
        );
        const beside = changed.map(([id]) =>
            said(find(run, `[data-state="${id}"]`)),
        );
        find(run, ".fig-news").textContent = [...beside, news].join(" ");
        point(run, lines[line]);
        const nowLine = find(run, ".fig-now-line");
        if (nowLine) nowLine.textContent = lines[line]?.textContent ?? "";
        tell(run, at >= decided ? verdict(run) : prediction(run));
        reach(run);
        follow(run);
    }

    /// The line of code that the step is about.
    function point(run, line) {
        run.line?.removeAttribute("aria-current");
        run.line = line;
        line?.setAttribute("aria-current", "step");
    }

    /// Scrolls the picture, the code and the values to the step.
    function follow(run) {
        const { line } = run.steps[run.at - 1] ?? {};
        bring(find(run, ".fig-picture"), find(run, MARK));
        bring(find(run, ".fig-code"), run.lines[line]);
        const row = find(run, ".fig-value:not(.fig-room) .fig-changed");
        bring(find(run, ".fig-state"), row);
    }

    function caption({ steps }, at, say) {
        return `<strong>${at} of ${steps.length}</strong> ${say}`;
    }

    /// Displays a value; says whether it is another one than before.
    function put(run, id, html) {
        const value = find(run, `[data-state="${id}"] .fig-value`);
        const before = value.innerHTML;
        value.innerHTML = html;
        // Of a table, its marks say so; they are gone with the next step.
        const table = value.querySelector("table");
        if (table) return table.querySelector(".fig-changed") !== null;
        return value.innerHTML !== before;
    }

    /// What a screen reader says of a value that has changed: of a table, the
    /// rows that have.
    function said(row) {
        const label = row.querySelector("dt").textContent;
        const value = row.querySelector(".fig-value");
        const rows = [...value.querySelectorAll(".fig-changed")].map((row) =>
            [...row.cells].map((cell) => cell.firstChild?.textContent).join(" "),
        );
        const image = value.querySelector("[role=img]")?.ariaLabel;
        return `${label}: ${rows.join(", ") || image || value.textContent}.`;
    }

    function tell(run, html) {
        const told = find(run, ".fig-verdict");
        // A live region speaks whenever it is written.
        if (run.told !== html) told.innerHTML = html;
        run.told = html;
    }

    /// Which buttons lead somewhere.
    function reach(run) {
        const { at, steps } = run;
        for (const button of run.box.querySelectorAll(".fig-controls button")) {
            const back = ["first", "back"].includes(button.dataset.go);
            const end = back ? at <= 1 : at === steps.length;
            button.setAttribute("aria-disabled", at === 0 || end);
        }
    }

    /// Scrolls a box so far that a part of it is seen; the page stays.
    function bring(box, part) {
        if (!box || !part || box.scrollHeight <= box.clientHeight) return;
        const [outer, inner] = [box, part].map((e) => e.getBoundingClientRect());
        const head = box.querySelector(".fig-head")?.clientHeight ?? 0;
        const top = inner.top - outer.top - box.clientTop - head;
        const bottom = inner.bottom - outer.top - box.clientTop - box.clientHeight;
        // A little of what is around it shows that there is more.
        const rest = Math.max(box.clientHeight - head - inner.height, 0);
        const more = Math.min(rest / 2, inner.height);
        if (top < more) box.scrollTop += top - more;
        else if (bottom > -more) box.scrollTop += bottom + more;
    }

    /// What scrolls can be scrolled by keyboard.
    function reachable(box) {
        const scrolls = box.scrollHeight > box.clientHeight + 1;
        const part = Object.keys(SCROLLED).find((part) => box.matches(part));
        const all = { tabindex: 0 };
        // Terms belong to a list: it stays one, and says so by itself.
        if (!box.matches("dl")) {
            Object.assign(all, { role: "group", "aria-label": SCROLLED[part] });
        }
        for (const [name, value] of Object.entries(all)) {
            if (scrolls) box.setAttribute(name, value);
            else box.removeAttribute(name);
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

    function prediction({ choice, choices }) {
        if (choice === 0) return "";
        return `Your prediction: <strong>${choices[choice - 1]}</strong>`;
    }

    /// What stands there before the first step is kept, and room for whatever
    /// will stand there.
    function keepRoom(run) {
        const { box, steps, choices, lines } = run;
        const { room, longest, widest } = byHandRoom;
        run.before = find(run, ".fig-words").innerHTML;
        run.start = {};
        for (const row of box.querySelectorAll("[data-state]")) {
            const id = row.dataset.state;
            const value = row.querySelector(".fig-value");
            run.start[id] = value.innerHTML;
            const all = [value.innerHTML, ...steps.map((step) => step.state[id])];
            const table = value.querySelector("table");
            room(value, table ? [widest(all)] : longest(all));
        }
        const words = steps.map(({ say }, index) => caption(run, index + 1, say));
        room(find(run, ".fig-words"), longest([run.before, ...words]));
        const told = [0, ...choices.map((_, index) => index + 1)].map((choice) =>
            verdict({ ...run, choice }),
        );
        room(find(run, ".fig-verdict"), longest(told));
        const nowLine = find(run, ".fig-now-line"); // what is drawn has no code
        const code = steps.map(({ line }) => lines[line]?.textContent ?? "");
        // As HTML, which is what these are.
        const escaped = code.map((text) => new Option(text).innerHTML);
        if (nowLine) room(nowLine, longest(escaped));
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
