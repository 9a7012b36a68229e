// An object on which the reader works. The page has all its states already, as
// data, and its picture in pieces that are seen or not; this follows what the
// reader does. Without this script the page shows a solution of each challenge.
"use strict";

(() => {
    const KEYS = {
        ArrowLeft: "undo",
        Backspace: "undo",
        ArrowRight: "redo",
        Home: "restart",
    };
    // What is older is not shown of what was done: it has one line.
    const HISTORY = 12;

    class ByHandModel extends HTMLElement {
        #data = null;
        #runs = [];
        #run = null; // the one that is shown
        #name = ""; // the figure's id, with which each address begins

        connectedCallback() {
            if (this.#data !== null) return; // moved, not made
            const data = find(this, 'script[type="application/json"]');
            this.#data = JSON.parse(data.textContent);
            this.#name = this.closest("figure").id;
            this.#runs = this.#data.runs.map((run) => ({
                ...run,
                way: [], // the actions
                at: 0, // how many of them are done
                solved: new Set(),
            }));
            this.#run = this.#runs[0];
            this.#keepRoom();
            this.#show();
            this.addEventListener("click", (event) => this.#click(event));
            this.addEventListener("input", ({ target }) => this.#choose(target));
            this.addEventListener("keydown", (event) => this.#key(event));
            this.#listen();
        }

        #choose(target) {
            if (!target.matches(".fig-runs input")) return;
            this.#run = this.#runs[Number(target.value)];
            this.#show();
            this.#remember();
        }

        #click({ target }) {
            const button = target.closest("button");
            if (button === null) return;
            const { action, go, show } = button.dataset;
            if (action !== undefined) this.#act(Number(action));
            else if (go !== undefined) this.#go(go);
            else this.#ready(Number(show));
        }

        #key(event) {
            const held =
                event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
            const inBench = event.target.closest(".fig-bench") !== null;
            const go = KEYS[event.key];
            const action = this.#data.keys.indexOf(event.key.toLowerCase());
            if (held || (go === undefined && action < 0)) return;
            // The arrows turn the book's page, and letters are for the book's
            // search, but not from in here.
            event.stopPropagation();
            // Among the runs the arrows do what they always do.
            if (!inBench) return;
            event.preventDefault();
            if (go === undefined) this.#act(action);
            else this.#go(go);
        }

        #act(action) {
            const run = this.#run;
            const [words, to] = here(run)[2][action];
            if (to === null) {
                this.#tell(this.#data.words[words]);
                return;
            }
            // The same choice again leaves what was undone to be redone.
            if (run.way[run.at] !== action) {
                run.way = [...run.way.slice(0, run.at), action];
            }
            run.at += 1;
            this.#solve();
            this.#show();
            this.#remember();
        }

        #go(go) {
            const run = this.#run;
            if (go === "undo") run.at = Math.max(run.at - 1, 0);
            if (go === "redo" && run.at < run.way.length) {
                run.at += 1;
                this.#solve();
            }
            if (go === "restart") {
                run.at = 0;
                run.way = [];
            }
            this.#show();
            this.#remember();
        }

        /// A solution is ready to be done step by step.
        #ready(task) {
            const run = this.#run;
            const { show } = run.tasks[task];
            if (show.length === 0) {
                this.#tell(NO_WAY);
                return;
            }
            run.at = 0;
            run.way = show;
            this.#show(READY(show.length));
            this.#remember();
        }

        /// Which challenges does the last action meet?
        #met({ tasks }, action, to) {
            const all = tasks.map(({ goals, by }, nth) => {
                const right = by.length === 0 || by.includes(action);
                return right && goals.includes(to) ? nth : -1;
            });
            return all.filter((nth) => nth >= 0);
        }

        #solve() {
            const run = this.#run;
            const to = stateAt(run, run.at);
            const met = this.#met(run, run.way[run.at - 1], to);
            for (const task of met) run.solved.add(task);
        }

        /// Shows where the reader is: the object, what can be done, the words.
        #show(said) {
            const run = this.#run;
            const [bits, values, moves] = here(run);
            this.querySelectorAll("[data-piece]").forEach((piece, nth) => {
                piece.classList.toggle("off", bits[nth] === "0");
            });
            const { alt, told, words } = this.#data;
            const seen = told.map((label, nth) => `${label}: ${words[values[nth]]}.`);
            find(this, ".fig-object > svg").ariaLabel = `${alt} ${seen.join(" ")}`;
            this.querySelectorAll(".fig-act").forEach((button, nth) => {
                const [why, to] = moves[nth];
                button.ariaDisabled = to === null;
                button.title = to === null ? textOf(words[why]) : "";
            });
            const before = run.shown ?? values;
            const news = seen.filter((_, nth) => before[nth] !== values[nth]);
            run.shown = values;
            this.#tell(said ?? this.#caption(), news.join(" "));
            this.#tasks();
            this.#history();
            const { way, at } = run;
            const dead = { undo: at === 0, redo: at === way.length };
            dead.restart = way.length === 0;
            for (const [go, off] of Object.entries(dead)) {
                find(this, `[data-go=${go}]`).ariaDisabled = off;
            }
        }

        /// What was done last.
        #caption() {
            const { way, at } = this.#run;
            if (at === 0) return this.#data.start;
            const from = stateAt(this.#run, at - 1);
            return this.#told(this.#run, at, from, way[at - 1]);
        }

        /// What is told of an action in a state: the `nth` that is done.
        #told(run, nth, from, action) {
            const { labels, words } = this.#data;
            const [said, to] = run.states[from][2][action];
            const step = `<strong>${nth} ${escaped(labels[action])}.</strong> ${words[said]}`;
            const met = this.#met(run, action, to).map((task) => task + 1);
            if (met.length === 0) return step;
            const which = `Challenge${met.length > 1 ? "s" : ""} ${met.join(", ")}`;
            return `${step} <strong>${SIGN}&nbsp;${which}</strong>`;
        }

        /// The challenges, with the ways that there are in this run.
        #tasks() {
            const { solved, tasks } = this.#run;
            this.querySelectorAll("[data-task]").forEach((item, nth) => {
                item.classList.toggle("fig-solved", solved.has(nth));
                find(item, ".fig-ways").textContent = tasks[nth].ways;
                const words = find(item, ".fig-goal-words");
                item.goal ??= words.innerHTML;
                const why = `<strong>${SIGN}</strong> ${this.#data.tasks[nth]}`;
                words.innerHTML = solved.has(nth) ? why : item.goal;
                const off = tasks[nth].show.length === 0;
                find(item, "[data-show]").ariaDisabled = off;
            });
        }

        /// What was done; what was undone is paler.
        #history() {
            const { keys, labels } = this.#data;
            const { way, at } = this.#run;
            const first = Math.max(0, Math.min(at - HISTORY / 2, way.length - HISTORY));
            const items = way.slice(first, first + HISTORY).map((action, index) => {
                const item = document.createElement("li");
                item.textContent = keys[action].toUpperCase();
                item.title = labels[action];
                item.value = first + index + 1;
                if (first + index >= at) item.className = "fig-undone";
                if (first + index === at - 1) item.setAttribute("aria-current", "step");
                return item;
            });
            find(this, ".fig-history").replaceChildren(...items);
        }

        /// A live region speaks whenever it is written.
        #tell(html, news = "") {
            find(this, ".fig-words").innerHTML = html;
            find(this, ".fig-news").textContent = news;
        }

        // --- The address: a run, and what was done up to here ---

        /// `#figure-NAME.RUN.LETTERS` leads to a state. Without this script a
        /// row of a table has that address; here the figure shows it.
        #listen() {
            const rows = this.querySelectorAll(".fig-still [id]");
            byHandRoom.listen(this.#name, rows, (scroll) => this.#visit(scroll));
        }

        #visit(scroll) {
            const [name, id, letters = ""] = location.hash.slice(1).split(".");
            const index = this.#runs.findIndex((run) => run.id === id);
            if (name !== this.#name || index < 0) return;
            const run = this.#runs[index];
            this.querySelectorAll(".fig-runs input")[index].checked = true;
            run.at = 0;
            run.way = [];
            for (const letter of letters) {
                const action = this.#data.keys.indexOf(letter);
                if ((here(run)[2][action]?.[1] ?? null) === null) break;
                run.way.push(action);
                run.at += 1;
            }
            this.#run = run;
            this.#show();
            if (!scroll) return;
            const bench = find(this, ".fig-bench");
            bench.scrollIntoView({ behavior: "instant", block: "center" });
            bench.focus({ preventScroll: true });
        }

        #remember() {
            const { id, way, at } = this.#run;
            const letters = way.slice(0, at).map((action) => this.#data.keys[action]);
            const done = letters.length > 0 ? `.${letters.join("")}` : "";
            try {
                const address = `#${this.#name}.${id}${done}`;
                history.replaceState(history.state, "", address);
            } catch {
                // Too often for this browser: the next step will be told.
            }
        }

        // --- Room: what will stand in a place keeps it open ---

        #keepRoom() {
            const { room, longest } = byHandRoom;
            const { start, tasks, words } = this.#data;
            const done = this.#runs.flatMap((run) =>
                run.states.flatMap(([, , moves], from) =>
                    moves.map(([said, to], action) =>
                        to === null ? words[said] : this.#told(run, 88, from, action),
                    ),
                ),
            );
            const said = [start, NO_WAY, READY(88), ...done];
            room(find(this, ".fig-words"), longest(said));
            this.querySelectorAll("[data-task]").forEach((item, nth) => {
                const goal = find(item, ".fig-goal-words");
                const why = `<strong>${SIGN}</strong> ${tasks[nth]}`;
                room(goal, [goal.innerHTML, why]);
                const ways = this.#runs.map((run) => run.tasks[nth].ways);
                item.style.setProperty("--ways", Math.max(...ways.map((w) => w.length)));
            });
        }
    }

    const SIGN = '<span class="fig-sign">✓</span>';
    const NO_WAY = "No way leads there: every state of this variant was tried.";
    const READY = (steps) =>
        `A way of ${steps} step${steps === 1 ? "" : "s"} is ready. Redo, or →, goes one step at a time.`;

    function find(element, selector) {
        return element.querySelector(selector);
    }

    /// The state after so many actions, by its number.
    function stateAt({ states, way }, steps) {
        let at = 0;
        for (const action of way.slice(0, steps)) at = states[at][2][action][1];
        return at;
    }

    function here(run) {
        return run.states[stateAt(run, run.at)];
    }

    function escaped(text) {
        return new Option(text).innerHTML;
    }

    function textOf(html) {
        return html.replace(/<[^>]*>/g, "");
    }

    customElements.define("by-hand-model", ByHandModel);
})();
