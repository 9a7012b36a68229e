// Measurements, which the reader predicts before they are shown. The axes are
// there from the beginning; this shows and hides the numbers. Without this
// script they are shown, with the question above and the answer below.
"use strict";

(() => {
    const { room, longest, verdict } = byHandRoom;

    class ByHandMeasured extends HTMLElement {
        #predict; // the choices, which one is right, and why

        connectedCallback() {
            if (this.#predict) return; // moved, not made
            const data = this.querySelector('script[type="application/json"]');
            this.#predict = JSON.parse(data.textContent);
            // On paper an answer is not folded away.
            for (const details of this.querySelectorAll(".fig-still details")) {
                details.querySelector("summary").remove();
                details.replaceWith(...details.childNodes);
            }
            const all = [0, ...this.#predict.choices.map((_, index) => index + 1)];
            const told = all.map((choice) => verdict({ ...this.#predict, choice }));
            room(this.#find(".fig-verdict"), longest(told));
            this.addEventListener("click", (event) => this.#click(event));
            this.#ask(true);
        }

        #find(selector) {
            return this.querySelector(selector);
        }

        #click({ target }) {
            const { choice, go } = target.closest("button")?.dataset ?? {};
            if (choice !== undefined) {
                this.#ask(false);
                const told = verdict({ ...this.#predict, choice: Number(choice) });
                this.#find(".fig-verdict").innerHTML = told;
                // The button that had the focus is gone.
                this.#find("[data-go=ask]").focus({ preventScroll: true });
            } else if (go === "ask") {
                this.#ask(true);
                this.#find(".fig-verdict").replaceChildren();
                this.#find("[data-choice]").focus({ preventScroll: true });
            }
        }

        /// While it asks, what a picture is called says no more than its axes.
        #ask(asks) {
            this.classList.toggle("fig-asking", asks);
            for (const picture of this.querySelectorAll(".fig-measured svg")) {
                picture.ariaHidden = asks ? "true" : null;
            }
        }
    }

    customElements.define("by-hand-measured", ByHandMeasured);
})();
