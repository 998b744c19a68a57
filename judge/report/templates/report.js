"use strict";
(() => {
  const index = JSON.parse(document.getElementById("index").textContent);
  const words = index.words;
  const sources = document.getElementById("sources");
  const byId = (id) => document.getElementById(id);
  const PAGE = 60; // questions shown at a time: the list stays quick with thousands
  const state = { q: "", s: "", a: "", r: "", f: "", d: "", o: "", x: 0, y: 1 };
  const bodies = new Map(); // question number -> body
  const opening = new Map(); // chunk number -> promise
  let found = index.items.map((_, at) => at);
  let shown = PAGE;
  let deep = null; // numbers of questions whose dialogues hold the words searched for
  let references = false;

  const make = (tag, text, name) => {
    const one = document.createElement(tag);
    if (text !== undefined && text !== null) one.textContent = text;
    if (name) one.className = name;
    return one;
  };
  const user = (tag, text, name) => {
    const one = make(tag, text, name);
    one.dataset.user = "";
    return one;
  };
  // The only HTML that is taken as such: bodies hold what the report's sanitiser made, behind a policy that runs nothing.
  const html = (text, name) => {
    const one = user("div", null, "text" + (name ? " " + name : ""));
    one.innerHTML = text;
    return one;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all));

  // ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────
  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  };
  const waiting = new Map();
  if (sources) {
    window.judgeChunk = (number, text) => waiting.get(number)(text);
  }
  const packed = (number) =>
    new Promise((done, failed) => {
      if (!sources) {
        done(document.querySelector(`script[data-chunk="${number}"]`).textContent.trim());
        return;
      }
      waiting.set(number, done);
      const script = document.createElement("script");
      script.src = JSON.parse(sources.textContent)[number];
      script.onerror = () => failed(new Error(words.no_folder));
      document.head.append(script);
    });
  const chunk = (number) => {
    if (!opening.has(number)) {
      if (typeof DecompressionStream === "undefined") return Promise.reject(new Error(words.old_browser));
      opening.set(
        number,
        packed(number)
          .then(inflate)
          .then((all) => Object.entries(all).forEach(([at, body]) => bodies.set(Number(at), body)))
      );
    }
    return opening.get(number);
  };
  const body = async (at) => {
    if (!bodies.has(at)) await chunk(index.items[at].c);
    return bodies.get(at);
  };

  // ── pairs ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const pairOf = () => {
    const [x, y] = [Number(state.x), Number(state.y)];
    const at = index.pairs.findIndex(([one, other]) => (one === x && other === y) || (one === y && other === x));
    return { at, turned: at >= 0 && index.pairs[at][0] !== x };
  };
  const turn = (letter, turned) => (turned ? { w: "l", l: "w" }[letter] || letter : letter);
  const letters = (item) => {
    const { at, turned } = pairOf();
    if (at < 0) return { own: "-", people: "-", flags: [] };
    const own = turn(item.l[at] || "-", turned);
    const people = turn(item.h[at] || "-", turned);
    const flags = Object.keys(item.f).filter((name) => item.f[name].includes(at));
    if (own !== "-" && people !== "-" && own !== people) flags.push("people differ");
    return { own, people, flags: flags.concat(item.g) };
  };

  // ── list ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const wanted = (at) => {
    const item = index.items[at];
    const { own, flags } = letters(item);
    if (state.a && index.abilities[item.a] !== state.a) return false;
    if (state.d && String(item.d) !== state.d) return false;
    if (state.r && own !== state.r) return false;
    if (state.f && !flags.includes(state.f)) return false;
    if (!state.s) return true;
    if (deep) return deep.has(at);
    const text = [item.id, index.abilities[item.a], item.s, item.p, ...item.k].join(" ").toLowerCase();
    return state.s.toLowerCase().split(/\s+/).every((part) => text.includes(part));
  };
  const disputed = (at) => {
    const { flags, own } = letters(index.items[at]);
    const weights = { "people differ": 4, flipped: 3, suspicious: 2, "one placement": 0, reviewed: 0 };
    return flags.reduce((sum, flag) => sum + (flag in weights ? weights[flag] : 1), own === "-" ? 1 : 0);
  };
  const order = {
    ability: (one, other) => index.items[one].a - index.items[other].a,
    difficulty: (one, other) => (index.items[other].d || 0) - (index.items[one].d || 0),
    id: (one, other) => index.items[one].id.localeCompare(index.items[other].id, undefined, { numeric: true }),
    disputed: (one, other) => disputed(other) - disputed(one),
  };
  const refresh = () => {
    found = index.items.map((_, at) => at).filter(wanted);
    if (order[state.o]) found.sort((one, other) => order[state.o](one, other) || one - other);
    shown = PAGE;
    draw();
  };
  const draw = () => {
    const list = byId("list");
    list.replaceChildren(...found.slice(0, shown).map(row));
    byId("more").hidden = found.length <= shown;
    byId("count").textContent = fill(words.count, { shown: found.length, all: index.items.length });
  };
  const row = (at) => {
    const item = index.items[at];
    const { own, flags } = letters(item);
    const line = make("li", null, "q");
    line.id = "item-" + at;
    line.dataset.at = at;
    const button = make("button");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    const mark = { w: index.labels.win, t: index.labels.tie, l: index.labels.loss }[own] || "—";
    button.append(make("span", mark, "mark mark-" + (own === "-" ? "x" : own)));
    const head = make("span", null, "head");
    head.append(user("b", item.id), user("span", item.p));
    const meta = make("span", null, "meta");
    if (index.abilities[item.a]) meta.append(user("span", index.abilities[item.a], "chip"));
    meta.append(make("span", fill(words.turns, { count: item.t }), "chip"));
    if (item.trap) meta.append(make("span", words.trap, "chip"));
    flags.forEach((flag) => meta.append(make("span", index.flags[flag] || flag, "chip flag")));
    button.append(head, meta);
    button.addEventListener("click", () => (line.dataset.open === undefined ? open(at) : close(at)));
    line.append(button);
    return line;
  };

  // ── one question ────────────────────────────────────────────────────────────────────────────────────────────────
  const name = (at) => index.candidates[at] ?? "—";
  const open = async (at, silent) => {
    if (!found.includes(at)) {
      Object.assign(state, { s: "", a: "", r: "", f: "", d: "" });
      deep = null;
      controls();
      refresh();
    }
    if (found.indexOf(at) >= shown) {
      shown = found.indexOf(at) + PAGE;
      draw();
    }
    const line = byId("item-" + at);
    if (line.dataset.open !== undefined) return;
    line.dataset.open = "";
    line.querySelector("button").setAttribute("aria-expanded", "true");
    const place = make("div", words.opening, "body");
    line.append(place);
    try {
      place.replaceChildren(...question(at, await body(at)));
    } catch (error) {
      place.replaceChildren(make("p", error.message, "ended"));
    }
    if (!silent) {
      state.q = index.items[at].id;
      remember();
    }
  };
  const close = (at) => {
    const line = byId("item-" + at);
    if (!line || line.dataset.open === undefined) return;
    delete line.dataset.open;
    line.querySelector("button").setAttribute("aria-expanded", "false");
    line.querySelector(".body").remove();
    line.querySelector("button").focus();
    if (state.q === index.items[at].id) {
      state.q = "";
      remember();
    }
  };
  const question = (at, held) => {
    const parts = [];
    const bar = make("div", null, "bar");
    const flip = make("button", words.key_flip);
    flip.type = "button";
    flip.addEventListener("click", swap);
    const fold = make("button", words.key_reference);
    fold.type = "button";
    fold.addEventListener("click", toggleReferences);
    bar.append(flip, fold);
    if (index.items[at].trap) bar.append(user("span", words.trap + " · " + index.items[at].trap));
    parts.push(bar);
    const two = [state.x, state.y].map((side) => held.dialogues.find((one) => one.candidate === Number(side) && one.sample === 0));
    const count = Math.max(held.turns.length, ...two.map((one) => (one ? one.answers.length : 0)));
    for (let turnAt = 0; turnAt < count; turnAt++) parts.push(turnOf(held, two, turnAt));
    const sides = [Number(state.x), Number(state.y)];
    const about = (one) => one.shown.every((side) => sides.includes(side));
    held.broken
      .filter((one) => sides.includes(one.candidate))
      .forEach((one) => {
        const line = user("p", null, "note");
        line.append(make("b", `${name(one.candidate)} · ${fill(words.turn, { turn: one.turn })} · ${one.fault}`), make("q", one.words));
        parts.push(line);
      });
    held.humans.filter(about).forEach((one) => parts.push(said(one, words.person + " " + one.reviewer, one.comment)));
    held.judgments.filter(about).forEach((one) => parts.push(said(one, words.judge + " " + one.judge, one.reply)));
    return parts;
  };
  const turnOf = (held, two, at) => {
    const part = make("div", null, "turn");
    part.append(make("h4", fill(words.turn, { turn: at + 1 })));
    const script = held.turns[at];
    if (script) part.append(html(script.prompt, "ask"));
    const sides = make("div", null, "sides");
    two.forEach((dialogue, side) => {
      const box = make("div", null, "side");
      box.append(user("h5", name(Number(side ? state.y : state.x))));
      const answer = dialogue && dialogue.answers[at];
      if (!answer) box.append(make("p", words.nothing, "note"));
      else {
        if (answer.prompt) box.append(html(answer.prompt, "ask"));
        if (answer.ended) box.append(make("p", answer.ended, "ended"));
        if (answer.html) box.append(html(answer.html));
        answer.ploys.forEach((text) => box.append(user("p", "⚠ " + text, "ploy")));
      }
      sides.append(box);
    });
    part.append(sides);
    if (script && (script.reference || script.points.length || script.refuse)) {
      const fold = make("details", null, "ref");
      fold.open = references;
      fold.append(make("summary", words.reference));
      if (script.refuse) fold.append(make("p", words.should_refuse, "note"));
      if (script.reference) fold.append(html(script.reference));
      if (script.points.length) {
        const list = make("ul");
        script.points.forEach((point) => list.append(user("li", point)));
        fold.append(list);
      }
      part.append(fold);
    }
    return part;
  };
  const said = (one, who, text) => {
    const part = make("div", null, "said");
    const line = user("p");
    const shownAs = one.shown.map(name).join(one.known === false ? " / " : " → ");
    const where = one.turn ? fill(words.turn, { turn: one.turn }) : words.whole;
    line.append(make("b", who), ` · ${where} · ${shownAs}　`, make("b", one.said));
    part.append(line);
    if (one.scores.length) {
      const grid = make("div", null, "scores");
      one.scores.forEach(([label, value, worst, best]) => {
        const meter = make("meter");
        meter.min = Math.min(worst, best);
        meter.max = Math.max(worst, best);
        meter.value = worst > best ? worst + best - value : value;
        meter.setAttribute("aria-label", label || words.overall);
        grid.append(user("span", label || words.overall), meter, make("span", `${value} / ${best}`));
      });
      part.append(grid);
    }
    if (text) {
      const fold = make("details");
      fold.open = true;
      fold.append(make("summary", words.reason), html(text));
      part.append(fold);
    }
    return part;
  };
  const reopen = () => {
    const opened = [...document.querySelectorAll(".q[data-open]")].map((line) => Number(line.dataset.at));
    refresh();
    return Promise.all(opened.filter((at) => found.includes(at)).map((at) => open(at, true)));
  };
  const swap = () => {
    [state.x, state.y] = [state.y, state.x];
    controls();
    remember();
    return reopen();
  };
  const toggleReferences = () => {
    references = !references;
    document.querySelectorAll(".ref").forEach((one) => (one.open = references));
  };

  // ── what the address remembers ──────────────────────────────────────────────────────────────────────────────────
  const SHORT = { q: "q", s: "s", a: "ability", r: "outcome", f: "flag", d: "difficulty", o: "sort", x: "first", y: "second" };
  let writing = "";
  let started = false;
  const remember = (replace) => {
    const told = new URLSearchParams();
    Object.keys(SHORT).forEach((key) => {
      const plain = key === "x" ? 0 : key === "y" ? 1 : "";
      if (String(state[key]) !== String(plain)) told.set(SHORT[key], state[key]);
    });
    writing = "#" + told.toString();
    if (location.hash === writing || (writing === "#" && !location.hash)) return;
    history[replace ? "replaceState" : "pushState"](null, "", writing === "#" ? "#questions" : writing);
  };
  const recall = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    const plain = !location.hash.includes("=");
    if (started && plain && location.hash && location.hash !== "#questions") return; // a section of the page
    started = true;
    Object.keys(SHORT).forEach((key) => {
      const value = told.get(SHORT[key]);
      state[key] = value ?? (key === "x" ? 0 : key === "y" ? 1 : "");
    });
    const count = index.candidates.length;
    if (!(state.x < count && state.y < count && state.x !== state.y)) [state.x, state.y] = [0, 1];
    deep = null;
    controls();
    refresh();
    if (state.q) {
      const at = index.items.findIndex((item) => item.id === state.q);
      if (at >= 0) open(at, true).then(() => byId("item-" + at)?.scrollIntoView({ block: "start" }));
    }
  };
  const FIELDS = { search: "s", ability: "a", outcome: "r", flag: "f", difficulty: "d", sort: "o", first: "x", second: "y" };
  const controls = () => Object.entries(FIELDS).forEach(([id, key]) => (byId(id).value = state[key]));

  // ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const option = (select, value, text) => {
    const one = user("option", text);
    one.value = value;
    select.append(one);
  };
  index.abilities.forEach((ability) => option(byId("ability"), ability, ability));
  Object.entries(index.flags).forEach(([flag, text]) => option(byId("flag"), flag, text));
  index.candidates.forEach((candidate, at) => ["first", "second"].forEach((id) => option(byId(id), at, candidate)));
  if (index.candidates.length < 3) document.querySelectorAll(".pairs").forEach((one) => (one.hidden = true));
  Object.entries(FIELDS).forEach(([id, key]) => {
    byId(id).addEventListener(id === "search" ? "input" : "change", (event) => {
      if (event.isComposing) return;
      state[key] = byId(id).value;
      if (id === "first" && state.x === state.y) state.y = index.candidates.findIndex((_, at) => String(at) !== state.x);
      if (id === "second" && state.x === state.y) state.x = index.candidates.findIndex((_, at) => String(at) !== state.y);
      if (id === "search") deep = null;
      controls();
      remember(id === "search");
      if (id === "first" || id === "second") reopen();
      else refresh();
    });
  });
  byId("search").addEventListener("compositionend", () => byId("search").dispatchEvent(new Event("input")));
  byId("more").addEventListener("click", () => {
    shown += PAGE;
    draw();
  });
  byId("reset").addEventListener("click", () => {
    Object.assign(state, { q: "", s: "", a: "", r: "", f: "", d: "", o: "" });
    deep = null;
    controls();
    remember();
    refresh();
  });
  byId("deep").addEventListener("click", async () => {
    const parts = state.s.toLowerCase().split(/\s+/).filter(Boolean);
    if (!parts.length) return byId("search").focus();
    byId("count").textContent = words.searching;
    try {
      await Promise.all([...new Set(index.items.map((item) => item.c))].map(chunk));
    } catch (error) {
      byId("count").textContent = error.message;
      return;
    }
    const parser = new DOMParser(); // a document of its own: nothing in it loads or runs
    const plain = (at) => parser.parseFromString(texts(bodies.get(at)).join(" "), "text/html").body.textContent.toLowerCase();
    deep = new Set(index.items.map((_, at) => at).filter((at) => ((text) => parts.every((part) => text.includes(part)))(plain(at))));
    refresh();
  });
  const texts = (one) => (typeof one === "string" ? [one] : one && typeof one === "object" ? Object.values(one).flatMap(texts) : []);
  const help = () => byId("help").showModal();
  byId("keys").addEventListener("click", help);

  // ── keyboard ────────────────────────────────────────────────────────────────────────────────────────────────────
  const current = () => document.activeElement.closest?.(".q");
  const step = (by) => {
    const rows = [...document.querySelectorAll(".q")];
    const at = rows.indexOf(current());
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    if (!next && by > 0 && !byId("more").hidden) {
      byId("more").click();
      return step(by);
    }
    if (next) {
      next.querySelector("button").focus();
      next.scrollIntoView({ block: "nearest" });
    }
  };
  const act = {
    "/": () => byId("search").focus(),
    j: () => step(1),
    k: () => step(-1),
    o: () => current() && (current().dataset.open === undefined ? open(Number(current().dataset.at)) : close(Number(current().dataset.at))),
    f: () => {
      const at = current()?.dataset.at;
      swap().then(() => at !== undefined && byId("item-" + at)?.querySelector("button").focus());
    },
    t: toggleReferences,
    "?": help,
    Escape: () => current() && close(Number(current().dataset.at)),
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (event.target.matches("input,select,textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (act[event.key]) {
      event.preventDefault();
      act[event.key]();
    }
  });
  addEventListener("popstate", recall);
  addEventListener("hashchange", () => location.hash !== writing && recall());
  byId("app").hidden = false;
  recall();
})();
