// A browser tab that remembers what went wrong while a page was open.

import { inPage } from "./in-page.mjs";
import { source } from "./report.mjs";

export class Tab {
  #asked = new Set();
  #files = new Set();

  /// `shared` carries what one reader leaves for another.
  constructor(base, page, shared) {
    Object.assign(this, { base, page, shared, inPage });
    this.#forget();
    page.on("console", (message) => this.#console(message));
    page.on("pageerror", (error) => this.#uncaught(error));
    page.on("request", (request) => this.#request(request));
    page.on("requestfailed", (request) => this.#failed(request));
    page.on("response", (response) => this.#response(response));
  }

  static async create(browser, base, options, theme, shared = {}) {
    const context = await browser.newContext(options);
    // A check waits for what should be there at once, were the machine idle.
    // The page with the whole book on it takes longest to load.
    context.setDefaultTimeout(20_000);
    context.setDefaultNavigationTimeout(120_000);
    if (theme !== undefined) {
      await context.addInitScript((theme) => {
        // An empty document has no storage.
        if (location.protocol !== "http:") return;
        localStorage.setItem("mdbook-theme", theme);
      }, theme);
    }
    return new Tab(base, await context.newPage(), shared);
  }

  /// Opens a page of the book, given relative to its start.
  async open(name, status = 200) {
    this.#forget();
    this.name = name;
    this.address = new URL(name, this.base).href;
    const old = this.page.url().split("#")[0];
    if (old === this.address.split("#")[0]) {
      // Only another fragment would not load the page.
      await this.page.goto("about:blank");
    }
    const response = await this.page.goto(this.address);
    if (response?.status() !== status) {
      throw new Error(`${this.address}: status ${response?.status()}, not ${status}`);
    }
    await this.page.evaluate(inPage);
  }

  /// Is this the first page of its folder on which the tab asks for `what`? The
  /// pages of a folder share what the build puts around them.
  isFirst(what) {
    const folder = this.name.split("/").slice(0, -1).join("/");
    const key = `${what} in ${folder}`;
    const first = !this.#asked.has(key);
    this.#asked.add(key);
    return first;
  }

  /// The text of a file of the book, given relative to its start.
  async read(name) {
    const url = new URL(name, this.base).href;
    this.#note(url);
    return (await fetch(url)).text();
  }

  /// The files of the book that were asked for since the last call.
  files() {
    const files = [...this.#files].sort();
    this.#files.clear();
    return files;
  }

  #note(url) {
    if (!url.startsWith(this.base)) return;
    this.#files.add(decodeURIComponent(new URL(url).pathname.slice(1)));
  }

  async close() {
    await this.page.context().close();
  }

  #forget() {
    this.errors = [];
    this.requests = [];
  }

  #console(message) {
    // What did not load is a matter of requests.
    const load = message.text().startsWith("Failed to load resource");
    if (message.type() !== "error" || load) return;
    const { url, lineNumber } = message.location();
    const file = source(this.base, url);
    const at = file && `${file}:${lineNumber + 1}`;
    const where = at === undefined ? ` (${url}:${lineNumber + 1})` : "";
    this.errors.push({ wrong: message.text() + where, at });
  }

  #uncaught(error) {
    // The first line of the stack that has a place.
    const [, url, line] = /(http\S+?):(\d+):\d+/.exec(error.stack ?? "") ?? [];
    const file = url && source(this.base, url);
    this.errors.push({ wrong: `uncaught: ${error.message}`, at: file && `${file}:${line}` });
  }

  #request(request) {
    const url = request.url();
    this.#note(url);
    const inside = [this.base, "data:", "blob:", "about:"];
    if (!inside.some((start) => url.startsWith(start))) {
      this.requests.push(`${url} is outside of the book, which must work offline`);
    }
  }

  #failed(request) {
    const { errorText } = request.failure();
    // Aborted is what a page no longer wanted when it was left.
    if (request.url().startsWith(this.base) && errorText !== "net::ERR_ABORTED") {
      this.requests.push(`${request.url()}: ${errorText}`);
    }
  }

  #response(response) {
    const own = response.url() === this.address;
    if (response.status() >= 400 && !own) {
      this.requests.push(`${response.url()}: status ${response.status()}`);
    }
  }
}
