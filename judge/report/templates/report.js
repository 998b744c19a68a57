"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const index = JSON.parse(byId("index").textContent);
  const { words, items, pairs, candidates } = index;
  const sources = byId("sources");
  const alone = candidates.length < 2;
  const PAGE = 60; // questions shown at a time: the list stays quick with thousands
  const PLAIN = { q: "", s: "", in: "", a: "", r: "", f: "", d: "", o: "", x: 0, y: 1 };
  const state = { ...PLAIN };
  const bodies = new Map(); // question number -> body
  const opening = new Map(); // chunk number -> promise
  const samples = new Map(); // question number -> which of several answers is shown
  let found = items.map((_, at) => at);
  let shown = PAGE;
  let deep = null; // numbers of the questions whose dialogues hold the words searched for
  let references = false;

  const make = (tag, text, name) => {
    const one = document.createElement(tag);
    if (text !== undefined && text !== null) one.textContent = text;
    if (name) one.className = name;
    return one;
  };
  // Words that are not ours: the tests of languages pass over them.
  const user = (tag, text, name) => {
    const one = make(tag, text, name);
    one.dataset.user = "";
    return one;
  };
  const press = (text, act) => {
    const one = make("button", text);
    one.type = "button";
    one.addEventListener("click", act);
    return one;
  };
  // The only HTML that is taken as such: bodies hold what the report's sanitiser made, behind a policy that runs nothing.
  const html = (text, name) => {
    const one = user("div", null, "text" + (name ? " " + name : ""));
    one.innerHTML = text;
    one.querySelectorAll("pre").forEach((block) => (block.tabIndex = 0)); // those that scroll must be reached by key
    return one;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all));
  const name = (at) => candidates[at] ?? "—";

  // ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────
  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  };
  const waiting = new Map();
  if (sources) window.judgeChunk = (number, text) => waiting.get(number)(text);
  const packed = (number) =>
    new Promise((done, failed) => {
      if (!sources) {
        done(document.querySelector(`script[data-chunk="${number}"]`).textContent.trim());
        return;
      }
      waiting.set(number, done);
      const script = make("script"); // fetch() may not read files beside a file; a script may
      script.src = JSON.parse(sources.textContent)[number];
      const folder = script.getAttribute("src").split("/")[0];
      script.onerror = () => failed(new Error(fill(words.no_folder, { folder })));
      document.head.append(script);
    });
  const chunk = (number) => {
    if (typeof DecompressionStream === "undefined") return Promise.reject(new Error(words.old_browser));
    if (!opening.has(number)) {
      const opened = packed(number)
        .then(inflate)
        .then((all) => Object.entries(all).forEach(([at, body]) => bodies.set(Number(at), body)));
      opened.catch(() => opening.delete(number)); // so that it can be tried again
      opening.set(number, opened);
    }
    return opening.get(number);
  };
  const body = async (at) => {
    if (!bodies.has(at)) await chunk(items[at].c);
    return bodies.get(at);
  };

  // ── what is said of a pair ──────────────────────────────────────────────────────────────────────────────────────
  const sides = () => (alone ? [0] : [Number(state.x), Number(state.y)]);
  // Of two candidates each keeps its colour when the sides change; of more, the colour is the side's.
  const colour = (candidate) => (candidates.length === 2 ? candidate : sides().indexOf(candidate));
  const pair = () => {
    const [x, y] = sides();
    const at = pairs.findIndex(([one, other]) => (one === x && other === y) || (one === y && other === x));
    return { at, turned: at >= 0 && pairs[at][0] !== x };
  };
  const turned = (letter) => ({ w: "l", l: "w" })[letter] || letter;
  const letters = (item, { at, turned: swapped }) => {
    const own = item.l[at] || "-";
    const people = item.h[at] || "-";
    const flags = Object.keys(item.f).filter((flag) => item.f[flag].includes(at));
    if (own !== "-" && people !== "-" && own !== people) flags.push("people differ");
    return { own: swapped ? turned(own) : own, flags: flags.concat(item.g) };
  };

  // ── list ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const terms = () => state.s.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = (at, between) => {
    const item = items[at];
    if (state.a && index.abilities[item.a] !== state.a) return false;
    if (state.d && String(item.d) !== state.d) return false;
    if (state.r || state.f) {
      const { own, flags } = letters(item, between);
      if ((state.r && own !== state.r) || (state.f && !flags.includes(state.f))) return false;
    }
    if (!state.s || (deep && deep.has(at))) return true;
    const text = [item.id, index.abilities[item.a], item.s, item.p, ...item.k].join(" ").toLowerCase();
    return terms().every((part) => text.includes(part));
  };
  const WEIGHTS = { "people differ": 4, flipped: 3, suspicious: 2, "one placement": 0, reviewed: 0, settled: 0 };
  const disputed = (at, between) => {
    const { flags, own } = letters(items[at], between);
    return flags.reduce((sum, flag) => sum + (WEIGHTS[flag] ?? 1), own === "-" ? 1 : 0);
  };
  const ORDER = {
    ability: (at) => items[at].a,
    difficulty: (at) => -(items[at].d || 0),
    disputed: (at, between) => -disputed(at, between),
  };
  const refresh = () => {
    const between = pair();
    found = items.map((_, at) => at).filter((at) => wanted(at, between));
    const key = ORDER[state.o];
    const keys = new Map(key ? found.map((at) => [at, key(at, between)]) : []);
    if (key) found.sort((one, other) => keys.get(one) - keys.get(other) || one - other);
    if (state.o === "id") found.sort((one, other) => items[one].id.localeCompare(items[other].id, undefined, { numeric: true }));
    shown = PAGE;
    draw();
  };
  const draw = () => {
    const between = pair();
    byId("list").replaceChildren(...found.slice(0, shown).map((at) => row(at, between)));
    byId("more").hidden = found.length <= shown;
    byId("count").textContent =
      fill(words.count, { shown: found.length, all: items.length }) + (found.length ? "" : words.comma + words.none_found);
    light();
  };
  const row = (at, between) => {
    const item = items[at];
    const { own, flags } = letters(item, between);
    const line = make("li", null, "q");
    line.id = "item-" + at;
    line.dataset.at = at;
    const button = press(null, () => (line.dataset.open === undefined ? open(at) : close(at)));
    button.setAttribute("aria-expanded", "false");
    const mark = { w: index.labels.win, t: index.labels.tie, l: index.labels.loss }[own] || "—";
    button.append(make("span", mark, "mark mark-" + (own === "-" ? "x" : own)));
    const head = make("span", null, "head");
    head.append(user("b", item.id), user("span", item.p));
    const meta = make("span", null, "meta");
    if (index.abilities[item.a]) meta.append(user("span", index.abilities[item.a], "chip"));
    meta.append(make("span", fill(item.t === 1 ? words.one_turn : words.turns, { count: item.t }), "chip"));
    if (item.trap) meta.append(make("span", words.trap, "chip"));
    flags.forEach((flag) => meta.append(make("span", index.flags[flag] || flag, "chip flag")));
    button.append(head, meta);
    line.append(button);
    return line;
  };
  // Marks the words searched for without touching what they stand in.
  const light = () => {
    if (typeof Highlight === "undefined") return;
    const ranges = [];
    const parts = state.s ? terms() : [];
    const walker = document.createTreeWalker(byId("list"), NodeFilter.SHOW_TEXT);
    for (let node = parts.length ? walker.nextNode() : null; node && ranges.length < 2000; node = walker.nextNode()) {
      const text = node.data.toLowerCase();
      if (text.length !== node.data.length) continue; // a letter that grows when it is made small: places would be off
      parts.forEach((part) => {
        for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + part.length);
          ranges.push(range);
        }
      });
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };

  // ── one question ────────────────────────────────────────────────────────────────────────────────────────────────
  const open = async (at, silent) => {
    if (!found.includes(at)) {
      Object.assign(state, { s: "", in: "", a: "", r: "", f: "", d: "" });
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
    if (!silent) {
      state.q = items[at].id;
      remember();
    }
    try {
      place.replaceChildren(...question(at, await body(at)));
      light();
    } catch (error) {
      place.replaceChildren(make("p", error.message, "ended"));
    }
  };
  const close = (at) => {
    const line = byId("item-" + at);
    if (!line || line.dataset.open === undefined) return;
    delete line.dataset.open;
    const button = line.querySelector("button");
    button.setAttribute("aria-expanded", "false");
    line.querySelector(".body").remove();
    button.focus({ preventScroll: true });
    button.scrollIntoView({ block: "nearest" });
    if (state.q === items[at].id) {
      state.q = "";
      remember();
    }
  };
  const question = (at, held) => {
    const sample = samples.get(at) || 0;
    const shownSides = sides();
    const two = shownSides.map((side) => held.dialogues.find((one) => one.candidate === side && one.sample === sample));
    const count = Math.max(held.turns.length, ...two.map((one) => (one ? one.answers.length : 0)));
    const parts = [bar(at, held, sample), ...(alone ? [] : [choiceOf(at)])];
    for (let turn = 0; turn < count; turn++) parts.push(turnOf(held, two, turn));
    const mine = (one) => one.shown.every((side) => shownSides.includes(side)) && (one.sample || 0) === sample;
    const cards = [
      ...held.judgments.filter(mine).map((one) => said(one, words.judge, one.judge, one.reply)),
      ...held.humans.filter(mine).map((one) => said(one, one.adjudicates ? words.adjudicated : words.person, one.reviewer, one.comment)),
    ];
    if (cards.length) {
      const grid = make("div", null, "saids");
      grid.append(...cards);
      parts.push(make("h3", words.verdicts), grid);
    }
    const broken = held.broken.filter((one) => shownSides.includes(one.candidate));
    if (broken.length) {
      const list = make("ul", null, "broken");
      broken.forEach((one) => {
        const line = make("li");
        line.append(user("b", name(one.candidate)), ` ${fill(words.turn, { turn: one.turn })} `, make("span", one.fault, "chip flag"), " ");
        line.append(user("q", one.words));
        list.append(line);
      });
      parts.push(make("h3", words.attribution), list);
    }
    return parts;
  };
  const bar = (at, held, sample) => {
    const place = make("div", null, "bar");
    if (!alone) place.append(press(words.key_flip, swap));
    if (held.turns.some(helped)) place.append(press(words.key_reference, toggleReferences));
    const several = [...new Set(held.dialogues.map((one) => one.sample))].sort((one, other) => one - other);
    if (several.length > 1) {
      const pick = make("select");
      pick.setAttribute("aria-label", words.sample_pick);
      several.forEach((one) => option(pick, one, fill(words.sample, { number: one + 1 }), true));
      pick.value = sample;
      pick.addEventListener("change", () => {
        samples.set(at, Number(pick.value));
        byId("item-" + at).querySelector(".body").replaceChildren(...question(at, held));
      });
      place.append(pick);
    }
    const item = items[at];
    if (item.trap) place.append(user("span", words.trap + words.colon + item.trap));
    if (item.k.length) place.append(user("span", words.tags + words.colon + item.k.join(words.comma)));
    return place;
  };
  // On a phone, where two sides do not stand beside one another.
  const choiceOf = (at) => {
    const choice = make("div", null, "switch");
    choice.setAttribute("role", "group");
    choice.setAttribute("aria-label", words.side);
    [...sides().map((side, which) => [String(which), name(side)]), ["", words.both]].forEach(([which, text]) => {
      const one = press(text, () => {
        byId("item-" + at).dataset.side = which;
        choice.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", String(other === one)));
      });
      if (which) one.dataset.user = "";
      one.setAttribute("aria-pressed", String(which === ""));
      choice.append(one);
    });
    return choice;
  };
  const helped = (script) => script && (script.reference || script.points.length || script.refuse);
  const turnOf = (held, two, at) => {
    const part = make("div", null, "turn");
    part.append(make("h3", fill(words.turn, { turn: at + 1 })));
    const script = held.turns[at];
    // What was really asked, where it is not the script's: shown once if both were asked the same.
    const given = two.filter((dialogue) => dialogue?.answers[at]).map((dialogue) => dialogue.answers[at].prompt);
    const same = Boolean(given[0]) && given.every((one) => one === given[0]);
    const asked = same ? given[0] : script?.prompt;
    if (asked) part.append(html(asked, "ask"));
    const grid = make("div", null, alone ? "sides one" : "sides");
    two.forEach((dialogue, which) => {
      const box = make("div", null, "side is-" + colour(sides()[which]));
      box.append(user("h4", name(sides()[which])));
      const answer = dialogue && dialogue.answers[at];
      if (!answer) box.append(make("p", words.nothing, "note"));
      else {
        if (answer.prompt && !same) box.append(html(answer.prompt, "ask"));
        if (answer.html) box.append(html(answer.html));
        if (answer.ended) box.append(make("p", "■ " + answer.ended, "ended"));
        answer.ploys.forEach(([kind, text]) => {
          const line = make("p", null, "ploy");
          line.append(make("b", kind), user("span", text));
          box.append(line);
        });
      }
      grid.append(box);
    });
    part.append(grid);
    if (helped(script)) part.append(reference(script));
    return part;
  };
  const reference = (script) => {
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
    return fold;
  };
  const said = (one, role, who, text) => {
    const part = make("div", null, "said");
    const line = make("p", null, "who");
    line.append(make("span", role), user("b", who), make("span", one.turn ? fill(words.turn, { turn: one.turn }) : words.whole));
    const [first, second] = one.shown.map(name);
    if (second !== undefined) line.append(user("span", fill(one.known === false ? words.pair_of : words.order, { first, second })));
    part.append(line);
    if (second === undefined) part.append(user("p", first, "result is-" + colour(one.shown[0])));
    if (one.said) part.append(user("p", one.said, "result is-" + colour(one.won)));
    if (one.scores.length) {
      const grid = make("div", null, "scores");
      one.scores.forEach(([label, value, worst, best]) => {
        const meter = make("meter");
        meter.min = Math.min(worst, best);
        meter.max = Math.max(worst, best);
        meter.value = worst > best ? worst + best - value : value; // a rank: the least is the best
        meter.setAttribute("aria-label", label || words.overall);
        grid.append(label ? user("span", label) : make("span", words.overall), meter, make("span", `${value} / ${best}`, "num"));
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
    if (alone) return Promise.resolve();
    [state.x, state.y] = [state.y, state.x];
    controls();
    remember();
    return reopen();
  };
  const toggleReferences = () => {
    references = !references;
    document.querySelectorAll(".ref").forEach((one) => (one.open = references));
  };

  // ── search in dialogues ─────────────────────────────────────────────────────────────────────────────────────────
  const texts = (one) => (typeof one === "string" ? [one] : one && typeof one === "object" ? Object.values(one).flatMap(texts) : []);
  const parser = new DOMParser(); // makes a document of its own: nothing in it loads or runs
  const plain = new Map(); // question number -> its dialogues as text
  const search = async () => {
    const parts = terms();
    if (!parts.length) return;
    byId("count").textContent = words.searching;
    await Promise.all([...new Set(items.map((item) => item.c))].map(chunk));
    if (parts.join() !== terms().join()) return; // typed on meanwhile
    items.forEach((_, at) => {
      if (!plain.has(at)) {
        const { turns, dialogues, judgments, humans } = bodies.get(at);
        const source = texts([turns, dialogues, judgments, humans]).join("\n");
        plain.set(at, parser.parseFromString(source, "text/html").body.textContent.toLowerCase());
      }
    });
    deep = new Set(items.map((_, at) => at).filter((at) => parts.every((part) => plain.get(at).includes(part))));
  };
  const searched = async () => {
    try {
      await search();
    } catch (error) {
      byId("count").textContent = error.message;
      return;
    }
    refresh();
  };

  // ── what the address remembers ──────────────────────────────────────────────────────────────────────────────────
  const SHORT = { q: "q", s: "s", in: "in", a: "ability", r: "outcome", f: "flag", d: "difficulty", o: "sort", x: "first", y: "second" };
  let written = null;
  const remember = (replace) => {
    const told = new URLSearchParams();
    Object.entries(SHORT).forEach(([key, long]) => {
      if (String(state[key]) !== String(PLAIN[key])) told.set(long, state[key]);
    });
    const hash = "#" + told.toString();
    if (location.hash === hash || (hash === "#" && !location.hash.includes("="))) return;
    written = hash === "#" ? "#all" : hash;
    history[replace ? "replaceState" : "pushState"](null, "", written);
  };
  const recall = async () => {
    if (location.hash === written) return;
    const plainAnchor = !location.hash.includes("=");
    if (written !== null && plainAnchor && location.hash && location.hash !== "#all") return; // a section of the page
    written = location.hash;
    const told = new URLSearchParams(plainAnchor ? "" : location.hash.slice(1));
    Object.keys(SHORT).forEach((key) => (state[key] = told.get(SHORT[key]) ?? PLAIN[key]));
    const count = candidates.length;
    if (!(state.x < count && state.y < count && state.x !== state.y)) [state.x, state.y] = [0, 1];
    deep = null;
    controls();
    refresh();
    if (state.in) await searched();
    const at = items.findIndex((item) => item.id === state.q);
    if (at < 0) {
      if (told.toString() && !state.q) byId("questions").scrollIntoView({ behavior: "instant" });
      return;
    }
    await open(at, true);
    byId("item-" + at)?.scrollIntoView({ block: "start", behavior: "instant" });
  };
  const FIELDS = { search: "s", ability: "a", outcome: "r", flag: "f", difficulty: "d", sort: "o", first: "x", second: "y" };
  const controls = () => {
    Object.entries(FIELDS).forEach(([id, key]) => (byId(id).value = state[key]));
    byId("deep").setAttribute("aria-pressed", String(Boolean(state.in)));
  };

  // ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const option = (select, value, text, ours) => {
    const one = ours ? make("option", text) : user("option", text);
    one.value = value;
    select.append(one);
  };
  index.abilities.forEach((ability) => option(byId("ability"), ability, ability));
  const marked = new Set(items.flatMap((item) => [...item.g, ...Object.keys(item.f)]));
  if (items.some((item) => [...item.h].some((letter, at) => letter !== "-" && item.l[at] !== "-" && letter !== item.l[at]))) marked.add("people differ");
  Object.entries(index.flags).forEach(([flag, text]) => marked.has(flag) && option(byId("flag"), flag, text, true));
  const grades = [...new Set(items.map((item) => item.d))].filter((grade) => grade !== null && grade !== undefined).sort();
  grades.forEach((grade) => option(byId("difficulty"), grade, grade, true));
  candidates.forEach((candidate, at) => ["first", "second"].forEach((id) => option(byId(id), at, candidate)));
  const hide = (id) => (byId(id).closest("label").hidden = true);
  if (candidates.length < 3) ["first", "second"].forEach(hide);
  if (alone) hide("outcome");
  if (!grades.length) hide("difficulty");
  if (!marked.size) hide("flag");
  if (index.abilities.length < 2) hide("ability");
  Object.entries(FIELDS).forEach(([id, key]) => {
    byId(id).addEventListener(id === "search" ? "input" : "change", (event) => {
      if (event.isComposing) return;
      state[key] = byId(id).value;
      if (id === "first" && state.x === state.y) state.y = candidates.findIndex((_, at) => String(at) !== state.x);
      if (id === "second" && state.x === state.y) state.x = candidates.findIndex((_, at) => String(at) !== state.y);
      if (id === "search") deep = null;
      if (id === "search" && !state.s) state.in = "";
      controls();
      remember(id === "search");
      if (id === "first" || id === "second") reopen();
      else if (id === "search" && state.in) searched();
      else refresh();
    });
  });
  byId("search").addEventListener("compositionend", () => byId("search").dispatchEvent(new Event("input")));
  byId("more").addEventListener("click", () => {
    const first = shown;
    shown += PAGE;
    const between = pair();
    byId("list").append(...found.slice(first, shown).map((at) => row(at, between))); // what is open stays open
    byId("more").hidden = found.length <= shown;
    light();
  });
  byId("reset").addEventListener("click", () => {
    Object.assign(state, PLAIN, { x: state.x, y: state.y });
    deep = null;
    controls();
    remember();
    refresh();
  });
  byId("deep").addEventListener("click", () => {
    if (!terms().length) return byId("search").focus();
    state.in = state.in ? "" : "dialogues";
    deep = null;
    controls();
    remember();
    return state.in ? searched() : refresh();
  });
  const help = () => byId("help").showModal();
  byId("keys").addEventListener("click", help);

  // ── keyboard ────────────────────────────────────────────────────────────────────────────────────────────────────
  const current = () => {
    const focused = document.activeElement.closest?.(".q");
    if (focused || !state.q) return focused;
    return byId("item-" + items.findIndex((item) => item.id === state.q));
  };
  const focusOn = (line) => {
    line.querySelector("button").focus({ preventScroll: true });
    line.querySelector("button").scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const rows = [...document.querySelectorAll(".q")];
    const at = rows.indexOf(current());
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    if (next) focusOn(next);
    else if (by > 0 && !byId("more").hidden) {
      byId("more").click();
      step(by);
    }
  };
  const onCurrent = (act) => {
    const line = current();
    if (line) act(Number(line.dataset.at), line);
  };
  const KEYS = {
    "/": () => byId("search").focus(),
    j: () => step(1),
    k: () => step(-1),
    o: () => onCurrent((at, line) => (line.dataset.open === undefined ? open(at) : close(at))),
    f: () => {
      const at = current()?.dataset.at;
      swap().then(() => at !== undefined && byId("item-" + at) && focusOn(byId("item-" + at)));
    },
    t: toggleReferences,
    "?": help,
    Escape: () => onCurrent(close),
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (event.target.matches?.("input,select,textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
  ["popstate", "hashchange"].forEach((change) => addEventListener(change, recall));
  byId("app").hidden = false;
  recall();
})();
