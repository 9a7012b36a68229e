// A graph of states: the reader chooses who acts next. The page has all of it
// already, as data and as a map; this follows the reader's choices.
// Without this script the page shows one schedule of each level as a table.
"use strict";

(() => {
    const KEYS = {
        ArrowLeft: "undo",
        Backspace: "undo",
        ArrowRight: "redo",
        Home: "restart",
    };

    class ByHandGraph extends HTMLElement {
        #levels = [];
        #keys = [];
        #names = [];
        #name = ""; // the figure's id, with which each address begins

        connectedCallback() {
            if (this.#levels.length > 0) return; // moved, not made
            const data = this.querySelector('script[type="application/json"]');
            const { levels, keys, names } = JSON.parse(data.textContent);
            this.#keys = keys;
            this.#names = names;
            this.#name = this.closest("figure").id;
            // What levels share, the page has once.
            for (const same of this.querySelectorAll("[data-same]")) {
                const part = find(this, `[data-part="${same.dataset.same}"]`);
                same.append(...part.cloneNode(true).children);
            }
            const boxes = this.querySelectorAll(".fig-level");
            this.#levels = levels.map((level, index) => ({
                ...level,
                box: boxes[index],
                lines: boxes[index].querySelectorAll(".fig-code li"),
                way: [], // the actors of the schedule
                at: 0, // how many of them have acted
            }));
            for (const level of this.#levels) {
                this.#keepRoom(level);
                this.#show(level, START);
            }
            this.addEventListener("click", (event) => this.#click(event));
            this.addEventListener("input", ({ target }) => this.#choose(target));
            this.addEventListener("keydown", (event) => this.#key(event));
            new ResizeObserver(() => this.#fit()).observe(this);
            this.#listen();
        }

        /// All levels have the height of the tallest: to choose another one
        /// moves nothing below the figure.
        #fit() {
            const shown = this.#shown();
            for (const { box } of this.#levels) box.hidden = false;
            const heights = this.#levels.map(({ box }) => box.offsetHeight);
            this.style.setProperty("--tallest", `${Math.max(...heights)}px`);
            for (const { box } of this.#levels) reachable(find(box, ".fig-code"));
            this.#uncover(shown);
        }

        #shown() {
            return this.#levels.find(({ box }) => !box.hidden);
        }

        #uncover(level) {
            for (const { box } of this.#levels) box.hidden = box !== level.box;
            bring(level); // what was not displayed was not scrolled
        }

        #choose(target) {
            if (!target.matches(".fig-runs input")) return;
            const level = this.#levels[Number(target.value)];
            this.#uncover(level);
            this.#remember(level);
        }

        #click({ target }) {
            const button = target.closest("button");
            if (button === null) return;
            const { actor, go } = button.dataset;
            if (go === undefined) this.#act(this.#shown(), Number(actor));
            else this.#go(this.#shown(), go);
        }

        #key(event) {
            const held =
                event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
            const inLevel = event.target.closest(".fig-level") !== null;
            const go = KEYS[event.key];
            const key = event.key.toLowerCase();
            const number = Number(event.key) - 1;
            const actor = number in this.#keys ? number : this.#keys.indexOf(key);
            if (held || (go === undefined && actor < 0)) return;
            // The arrows turn the book's page, and letters are for the book's
            // search, but not from in here.
            event.stopPropagation();
            // Among the levels the arrows do what they always do.
            if (!inLevel) return;
            event.preventDefault();
            if (go === undefined) this.#act(this.#shown(), actor);
            else this.#go(this.#shown(), go);
        }

        #act(level, actor) {
            const to = here(level)[0][actor][2];
            const name = this.#names[actor];
            if (to === null) {
                const [words] = here(level)[0][actor];
                tell(level, `${name} cannot act: it ${level.words[words]}.`);
                return;
            }
            // The same choice again leaves what was undone to be redone.
            if (level.way[level.at] !== actor) {
                level.way = [...level.way.slice(0, level.at), actor];
            }
            level.at += 1;
            this.#show(level);
            this.#remember(level);
        }

        #go(level, go) {
            const { way, at } = level;
            let said;
            if (go === "undo") level.at = Math.max(at - 1, 0);
            if (go === "redo") level.at = Math.min(at + 1, way.length);
            if (go === "restart") {
                level.at = 0;
                level.way = [];
                said = START;
            }
            if (go === "show") {
                level.at = 0;
                level.way = level.show;
                said = SHOWN(level.show.length);
            }
            this.#show(level, said ?? (level.at === 0 ? START : undefined));
            this.#remember(level);
        }

        /// Shows where a level is: each actor, the values, the code, the map.
        #show(level, said) {
            const { box, words } = level;
            const [actors, values] = here(level);
            const before = level.shown;
            level.shown = values;
            box.querySelectorAll(".fig-actor").forEach((card, index) => {
                const [next, line, to] = actors[index];
                find(card, ".fig-next > span").innerHTML = words[next];
                find(card, ".fig-at > code").textContent = textOf(level, line);
                card.setAttribute("aria-disabled", to === null);
            });
            const news = [];
            box.querySelectorAll("[data-state]").forEach((row, index) => {
                const value = find(row, ".fig-value");
                const changed = before && before[index] !== values[index];
                value.innerHTML = words[values[index]];
                row.classList.toggle("fig-new", Boolean(changed && !said));
                if (changed) {
                    const label = find(row, "dt").textContent;
                    news.push(`${label}: ${value.textContent}.`);
                }
            });
            tell(level, said ?? this.#caption(level), news.join(" "));
            this.#history(level);
            this.#code(level, actors);
            map(level);
            const { way, at } = level;
            const dead = { undo: at === 0, redo: at === way.length };
            dead.restart = way.length === 0;
            for (const [go, off] of Object.entries(dead)) {
                find(box, `[data-go=${go}]`).setAttribute("aria-disabled", off);
            }
        }

        /// The step that was taken last, or how it has ended.
        #caption(level) {
            const { way, at } = level;
            return this.#told(level, at, stateAt(level, at - 1), way[at - 1]);
        }

        /// What is told of an actor's step from a state: the schedule's `nth`.
        #told({ states, words, ends }, nth, from, actor) {
            const [next, , to] = states[from][0][actor];
            const step = `<strong>${nth}</strong> ${this.#names[actor]} ${words[next]}.`;
            const [, , end] = states[to];
            if (end === null) return step;
            const [label, why, loses] = ends[end];
            const sign = `<span class="fig-sign">${loses ? "✗" : "✓"}</span>`;
            return `${step} <strong>${sign} ${label}.</strong> ${why}`;
        }

        /// Who has acted; what was undone is paler.
        #history({ box, way, at }) {
            const list = find(box, ".fig-history");
            list.replaceChildren(
                ...way.map((actor, index) => {
                    const item = document.createElement("li");
                    item.textContent = this.#keys[actor].toUpperCase();
                    item.title = this.#names[actor];
                    if (index >= at) item.className = "fig-undone";
                    if (index === at - 1) item.setAttribute("aria-current", "step");
                    return item;
                }),
            );
        }

        /// The lines at which the actors stand have their letters.
        #code(level, actors) {
            for (const line of level.lines) line.removeAttribute("data-at");
            actors.forEach(([, line], index) => {
                const item = level.lines[line];
                if (item === undefined) return;
                const key = this.#keys[index].toUpperCase();
                item.dataset.at = [item.dataset.at, key].filter(Boolean).join(" ");
            });
            bring(level);
        }

        // --- The address: a level, and the schedule up to here ---

        /// `#figure-NAME.LEVEL.LETTERS` leads to a state. Without this script a
        /// row of the table has that address; here the figure shows it.
        #listen() {
            const rows = this.querySelectorAll(".fig-still [id]");
            byHandRoom.listen(this.#name, rows, (scroll) => this.#visit(scroll));
        }

        #visit(scroll) {
            const [name, id, letters = ""] = location.hash.slice(1).split(".");
            const index = this.#levels.findIndex((level) => level.id === id);
            if (name !== this.#name || index < 0) return;
            const level = this.#levels[index];
            this.querySelectorAll(".fig-runs input")[index].checked = true;
            level.at = 0;
            level.way = [];
            for (const letter of letters) {
                const actor = this.#keys.indexOf(letter);
                if ((here(level)[0][actor]?.[2] ?? null) === null) break;
                level.way.push(actor);
                level.at += 1;
            }
            this.#uncover(level);
            this.#show(level, level.at === 0 ? START : undefined);
            if (!scroll) return;
            const desk = find(level.box, ".fig-desk");
            desk.scrollIntoView({ behavior: "instant", block: "center" });
            level.box.focus({ preventScroll: true });
        }

        #remember({ id, way, at }) {
            const letters = way.slice(0, at).map((actor) => this.#keys[actor]);
            const schedule = letters.length > 0 ? `.${letters.join("")}` : "";
            try {
                const address = `#${this.#name}.${id}${schedule}`;
                history.replaceState(history.state, "", address);
            } catch {
                // Too often for this browser: the next step will be told.
            }
        }

        // --- Room: what will stand in a place keeps it open ---

        #keepRoom(level) {
            const { room, longest } = byHandRoom;
            const { box, states, words } = level;
            box.querySelectorAll(".fig-actor").forEach((card, index) => {
                const own = states.map(([actors]) => actors[index]);
                const next = own.map(([next]) => words[next]);
                room(find(card, ".fig-next > span"), longest(next));
                const lines = own.map(([, line]) => escaped(textOf(level, line)));
                room(find(card, ".fig-at > code"), longest(lines));
            });
            box.querySelectorAll("[data-state]").forEach((row, index) => {
                const own = states.map(([, values]) => words[values[index]]);
                room(find(row, ".fig-value"), longest(own));
            });
            const steps = states.flatMap(([actors], from) =>
                actors.flatMap(([, , to], actor) =>
                    to === null ? [] : [this.#told(level, 88, from, actor)],
                ),
            );
            const said = [START, SHOWN(level.show.length), ...steps];
            room(find(box, ".fig-words"), longest(said));
        }
    }

    const START = "Choose who acts first.";
    const SHOWN = (steps) =>
        `A schedule of ${steps} steps is ready. Redo, or →, takes them one by one.`;

    function find(element, selector) {
        return element.querySelector(selector);
    }

    /// The state after so many steps of the schedule, by its number.
    function stateAt({ states, way }, steps) {
        let at = 0;
        for (const actor of way.slice(0, steps)) at = states[at][0][actor][2];
        return at;
    }

    function here(level) {
        return level.states[stateAt(level, level.at)];
    }

    /// A line of code without what follows it as a comment.
    function textOf({ lines }, line) {
        if (line === null) return "";
        return lines[line].textContent.trim().replace(/\s+\/\/ .*$/, "");
    }

    /// As HTML, which is what room is kept for.
    function escaped(text) {
        return new Option(text).innerHTML;
    }

    /// What scrolls can be scrolled by keyboard.
    function reachable(box) {
        const scrolls = box.scrollHeight > box.clientHeight + 1;
        const all = { tabindex: 0, role: "group", "aria-label": "Code" };
        for (const [name, value] of Object.entries(all)) {
            if (scrolls) box.setAttribute(name, value);
            else box.removeAttribute(name);
        }
    }

    /// A live region speaks whenever it is written.
    function tell({ box }, html, news = "") {
        find(box, ".fig-words").innerHTML = html;
        find(box, ".fig-news").textContent = news;
    }

    /// Marks on the map where the reader is and has been.
    function map(level) {
        const { box, way, at, states } = level;
        const shapes = box.querySelectorAll("[data-node]");
        for (const line of box.querySelectorAll(".fig-graph .now")) {
            line.classList.remove("now");
        }
        let state = 0;
        shapes[0].classList.add("seen");
        way.slice(0, at).forEach((actor) => {
            const line = find(box, `[data-step="${state}-${actor}"]`);
            line.classList.add("now", "seen");
            state = states[state][0][actor][2];
            shapes[state].classList.add("seen");
        });
        shapes[state].classList.add("now");
    }

    /// Scrolls the code to the line of the actor that has just acted; the page
    /// stays.
    function bring(level) {
        const { box, lines, way, at } = level;
        const code = find(box, ".fig-code");
        if (code.scrollHeight <= code.clientHeight) return;
        const [actors] = here(level);
        const line = lines[actors[way[at - 1] ?? 0][1]] ?? find(box, "[data-at]");
        if (!line) return;
        const [outer, inner] = [code, line].map((e) => e.getBoundingClientRect());
        // A line more shows that there is more.
        const above = inner.top - outer.top - inner.height;
        const below = inner.bottom - outer.bottom + inner.height;
        if (above < 0) code.scrollTop += above;
        else if (below > 0) code.scrollTop += below;
    }

    customElements.define("by-hand-graph", ByHandGraph);
})();
