/* The review page: one file, no library, no build step. Screens are functions that fill #main and #bar; what they show comes
   from `api`, which is a server or, in an exported file, the items inside and the browser's own storage. */
"use strict";

const words = JSON.parse(document.getElementById("words").textContent);
const island = document.getElementById("content");
const $ = (id) => document.getElementById(id);

function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`no word for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/* Make an element. Attributes: on… is a listener, html is markup that the server has cleaned, all else is set as it is. */
function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "html") made.innerHTML = value;
    else if (key === "value") made.value = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/* Replace what an element holds; nothing is left out for null. */
function fill(element, ...children) { element.replaceChildren(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false)); }

const store = {
  get(name, otherwise) {
    try { return JSON.parse(localStorage.getItem(`judge.${me.name}.${name}`)) ?? otherwise; } catch { return otherwise; }
  },
  set(name, value) {
    const key = `judge.${me.name}.${name}`;
    if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, JSON.stringify(value));
  },
};

let me = { name: "", role: "reviewer", csrf: "", progress: null, unit: "pairs" };

// ── talking to the server ──────────────────────────────────────────────────────────────────────────────────────────────

class Refused extends Error {
  constructor(status, said) { super(said.error || String(said.detail || status)); this.status = status; this.fix = said.fix || ""; }
}

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: method === "POST" ? { "content-type": "application/json", "x-csrf": me.csrf } : {},
    body: method === "POST" ? JSON.stringify(body ?? {}) : undefined,
    credentials: "same-origin",
  });
  const said = await response.json().catch(() => ({}));
  if (response.ok) return said;
  if (response.status === 401) ended(said);
  throw new Refused(response.status, said);
}

const online = {
  next: (holding) => call("POST", "/api/next", { holding }),
  vote: (opinion) => call("POST", "/api/vote", opinion),
  undo: () => call("POST", "/api/undo"),
  unmask: (task) => call("POST", "/api/unmask", { task }),
  mine: () => call("GET", "/api/mine"),
  task: (id) => call("GET", `/api/task/${id}`),
  guide: () => call("GET", "/api/guide"),
};

/* An exported file: nothing leaves the browser; votes are kept in it and saved as a file. */
function offline(content) {
  const votes = () => store.get("votes", {});
  const progress = () => {
    const done = Object.values(votes());
    return { mine: done.filter((one) => !one.skip).length, done: done.length, total: content.tasks.length, abilities: [], conflicts: null, width: null, needed: null, wanted: null };
  };
  const find = (id) => {
    const task = content.tasks.find((one) => one.task === id), vote = votes()[id];
    return { ...task, before: vote ? { dimensions: {}, comment: "", aspects: [], ...vote } : null };
  };
  /* Without an overall score the weighted mean of all dimensions stands for it, as on the server. */
  const mean = (id, given) => {
    const { dimensions } = find(id), all = dimensions.reduce((sum, one) => sum + one.weight, 0);
    return dimensions.reduce((sum, one) => sum + one.weight * given[one.name], 0) / all;
  };
  return {
    next: async (holding) => {
      const left = content.tasks.filter((one) => !(one.task in votes()));
      const first = left.filter((one) => holding.includes(one.task));
      return { tasks: [...first, ...left.filter((one) => !holding.includes(one.task))].slice(0, 2), progress: progress() };
    },
    vote: async (opinion) => {
      const kept = votes();
      delete kept[opinion.task];  // the latest comes last, so that it is the first to be taken back
      store.set("votes", { ...kept, [opinion.task]: opinion });
      return { progress: progress() };
    },
    undo: async () => {
      const kept = votes(), last = Object.keys(kept).pop();
      if (!last) return { task: null, progress: progress() };
      const task = find(last);
      delete kept[last];
      store.set("votes", kept);
      return { task, progress: progress() };
    },
    mine: async () => ({
      votes: Object.entries(votes()).reverse().map(([id, vote]) => {
        const task = content.tasks.find((one) => one.task === id);
        return { task: id, ability: task.ability, asked: task.turns[0]?.asked[0]?.text.slice(0, 80) ?? "", ...vote };
      }),
    }),
    task: async (id) => ({ task: find(id) }),
    guide: async () => content.guide,
    save() {
      const lines = Object.entries(votes()).map(([id, vote]) => {
        const { task, verdict, overall, skip, dimensions, ...rest } = vote;
        const scores = Object.keys(dimensions ?? {}).length ? { scores: dimensions } : {};
        return JSON.stringify({ ...content.lines[id], reviewer: me.name, verdict: skip ? "skip" : verdict ? WRITTEN[verdict] : String(overall ?? mean(id, dimensions)), ...(skip ? { skip } : {}), ...scores, ...rest });
      });
      const link = h("a", { href: URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "application/jsonl" })), download: content.file });
      link.click();
      toast(t("saved", { count: lines.length, file: content.file }));
    },
  };
}
const WRITTEN = { left: "left", right: "right", tie: "tie", both_bad: "both bad" };
const api = island ? offline(JSON.parse(island.textContent)) : online;

// ── votes on their way ─────────────────────────────────────────────────────────────────────────────────────────────────

/* What was voted stands here until the server has it: a server that is gone for a while costs nothing. */
const outbox = {
  flying: false,
  moved: 0,  // when something last reached the server
  get held() { return store.get("outbox", []); },
  put(opinion) {
    store.set("outbox", [...this.held, opinion]);
    voted.set(opinion.task, Infinity);
    if ($("lost")) lost(this.held.length);
    this.flush();
  },
  /* Tell whether what was asked for at a time may not count yet what was voted since. */
  passed(asked) { return this.held.length > 0 || this.moved > asked; },
  /* Another window may have sent the same one meanwhile: only this one goes, whatever stands first by now. */
  drop(opinion) {
    const held = this.held, at = held.findIndex((one) => JSON.stringify(one) === JSON.stringify(opinion));
    if (at >= 0) store.set("outbox", held.filter((_, place) => place !== at));
  },
  async flush() {
    if (this.flying) return;
    this.flying = true;
    let wait = 500;
    for (let opinion = this.held[0]; opinion; opinion = this.held[0]) {
      let trouble = null;
      try {
        progress((await api.vote(opinion)).progress);
        wait = 500;
      } catch (error) { trouble = error; }
      if (trouble?.status === 403) try { if (await again()) continue; } catch (error) { trouble = error; }
      if (trouble?.status === 401) { this.flying = false; return; }  // kept for the next link
      if (trouble && away(trouble)) {
        lost(this.held.length);
        wait = await pause(wait);
        continue;
      }
      if (trouble) toast(`${trouble.message} ${trouble.fix}`, "bad");
      this.drop(opinion);
      this.moved = performance.now();
      voted.set(opinion.task, this.moved);
      draft.clear(opinion.task);
    }
    this.flying = false;
    lost(null);
  },
};

/* When what was voted on reached the server; Infinity while it is under way. An answer that was asked for before may still list it. */
const voted = new Map();
const still = (tasks, asked) => tasks.filter((one) => !((voted.get(one.task) ?? 0) > asked));

/* Tell whether the server is away for now, so that the same may be tried again. */
const away = (error) => !(error instanceof Refused) || [429, 500, 502, 503, 504].includes(error.status);
async function pause(wait) {
  await new Promise((done) => setTimeout(done, wait));
  return Math.min(8000, wait * 2);
}

/* Fetch the word for writes anew, after the same person entered again elsewhere in this browser; tell whether it is another one. */
async function again() {
  const found = await call("GET", "/api/me");
  if (found.name !== me.name) { ended({ error: t("someone else", { name: found.name }) }); throw new Refused(401, {}); }
  const renewed = found.csrf !== me.csrf;
  me.csrf = found.csrf;
  return renewed;
}

function lost(count) {
  let line = $("lost");
  if (count === null) { line?.remove(); return; }
  if (!line) { line = h("p.lost", { id: "lost", role: "alert" }); $("top").after(line); }
  line.textContent = t(count ? "lost" : "lost nothing", { count });
}

/* What was begun on an item and not sent. */
const draft = {
  of: (id) => store.get(`draft.${id}`, {}),
  keep: (id, value) => store.set(`draft.${id}`, value),
  clear: (id) => store.set(`draft.${id}`, null),
};

// ── frame ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

let toasted = 0;
function toast(text, tone = "") {
  $("toast").className = `show ${tone}`;
  $("toast").textContent = text;
  clearTimeout(toasted);
  toasted = setTimeout(() => ($("toast").className = ""), tone === "bad" ? 6000 : 2600);
}

function progress(found) {
  if (!found) return;
  me.progress = found;
  const meter = $("meter");
  if (!meter) return;
  if (me.arena) { fill(meter, h("span.own", {}, t("battles count", found))); return; }
  const { mine, done, total, width, needed, wanted, conflicts } = found;
  fill(meter,
    h("span.count", { title: t("done of", { done, total }) }, `${done}/${total}`),
    h("progress", { max: Math.max(1, total), value: done, "aria-label": t("done of", { done, total }) }),
    h("span.own", {}, t("mine count", { count: mine })),
    width === null || width === undefined ? null : h("span.width", { title: t("width title", { wanted }) }, `±${width.toFixed(1)}`, needed ? h("small", {}, t("needed", { needed })) : null),
  );
  const badge = $("badge");
  if (badge) badge.textContent = conflicts || "";
}

function frame(at) {
  const link = (name, extra) => h("a", { href: `#${name}`, onclick: () => { if (location.hash === `#${name}`) route(); }, "aria-current": at === name ? "page" : null }, t(`nav ${name}`), extra);
  const lead = me.role === "lead" && !island;
  const links = me.arena ? [link("battle"), link("mine"), lead && link("board")] : [link("vote"), link("mine"), lead && link("rule", h("b.badge", { id: "badge" })), lead && link("team"), lead && link("browse"), link("guide")];
  fill($("top"), 
    h("nav", { "aria-label": t("nav") }, links),
    h("div.meter", { id: "meter" }),
    h("span.clock", { id: "clock", "aria-hidden": "true" }),
    h("button.icon", { title: t("help"), "aria-label": t("help"), onclick: help }, "?"),
  );
  progress(me.progress);
}

function ended(said) {
  leave();
  $("toast").className = "";
  lost(null);
  fill($("top"));
  fill($("bar"));
  fill($("main"), h("section.card.notice", {}, h("h1", {}, t("ended")), h("p", {}, said?.error || said?.detail || ""), h("p", {}, t("ended fix")),
    me.name && outbox.held.length ? h("p", {}, t("ended kept", { count: outbox.held.length })) : null));
}

function show(...content) {
  fill($("main"), ...content);
  window.scrollTo(0, 0);
}

// ── an item ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const view = { raw: false, reference: false, diff: false, turns: false, extra: false, side: "left" };

function text(one) {
  if (view.raw || view.diff) return h("pre.raw", {}, one.text);
  return h("div.md", { html: one.html });
}

function answer(one, other) {
  if (!one || one.fault) return h("p.none", {}, t(one ? `fault ${one.fault}` : "no answer"));
  const ended = one.outcome ? h("p.outcome", {}, t(`outcome ${one.outcome}`)) : null;
  if (view.diff && other && !other.fault) return h("div", {}, compared(one.text, other.text), ended);
  return h("div", {}, one.text || !one.outcome ? text(one) : null, ended);
}

/* Sentences that both sides share are dimmed: what is left is where they differ. */
function compared(mine, theirs) {
  const parts = (all) => all.match(/[^。！？!?\n]*[。！？!?\n]+|[^。！？!?\n]+$/g) ?? [];
  const known = new Set(parts(theirs).map((one) => one.trim()));
  return h("pre.raw", {}, parts(mine).map((one) => (one.trim() && known.has(one.trim()) ? h("span.same", {}, one) : one)));
}

function item(task, options = {}) {
  const sides = task.turns.some((turn) => "right" in turn) ? ["left", "right"] : ["left"];
  const names = options.names ?? (sides.length > 1 ? [t("side left"), t("side right")] : [t("the answer")]);
  const many = task.turns.length > 1;
  const judged = task.scope || 0;
  return h(`article.item.see-${view.side}`, { "data-task": task.task ?? "", "aria-label": t("item") },
    h("p.about", {},
      h("b.chip", {}, task.ability),
      many ? h("span", {}, t("turns", { count: task.turns.length })) : null,
      judged ? h("span.scope", {}, t("judge turn", { turn: judged })) : null,
      h("span.tools", {},
        task.masked && options.unmask ? h("button", { onclick: options.unmask }, t("unmask", { count: task.masked })) : null,
        options.perTurn ? h("button", { "data-choice": "turns", "aria-pressed": String(view.turns), onclick: () => toggle("turns") }, t("by turn")) : null,
        h("button", { "data-choice": "raw", "aria-pressed": String(view.raw), onclick: () => toggle("raw") }, t("raw"), h("kbd", {}, "V")),
        sides.length > 1 ? h("button", { "data-choice": "diff", "aria-pressed": String(view.diff), onclick: () => toggle("diff") }, t("diff"), h("kbd", {}, "D")) : null)),
    sides.length > 1 ? h("div.tabs", { role: "tablist" }, sides.map((side, at) => h("button", { role: "tab", "data-side": side, "aria-selected": String(view.side === side), onclick: () => pick(side) }, names[at]))) : null,
    task.turns.map((turn, at) => h("section.turn", { "aria-label": t("turn", { turn: at + 1 }), "data-last": judged && judged === at + 1 },
      many ? h("h2", {}, t("turn", { turn: at + 1 }), options.perTurn && view.turns ? options.perTurn(at + 1) : null) : null,
      h("div.ask", {}, h("span.who", {}, t("user")), turn.asked.map(text)),
      h(`div.sides${sides.length > 1 ? "" : ".one"}`, {}, sides.map((side, which) => h(`div.side.${side}`, { lang: "zh" }, h("h3", {}, names[which]), answer(turn[side], turn[side === "left" ? "right" : "left"])))),
      turn.reference || turn.points?.length ? h("details.reference", { open: view.reference, ontoggle: (event) => (view.reference = event.target.open) },
        h("summary", {}, t("reference"), h("kbd", {}, "R")), turn.reference ? text(turn.reference) : null,
        turn.points?.length ? h("ul", {}, turn.points.map((point) => h("li", {}, point))) : null) : null,
      turn.expected === "refuse" ? h("p.note", {}, t("refuse")) : null)));
}

function toggle(name) { view[name] = !view[name]; if (name === "raw") view.diff = false; if (name === "diff") view.raw = false; current.draw?.(); }
function pick(side) {
  view.side = side;
  for (const one of document.querySelectorAll(".item")) one.className = `item see-${side}`;
  for (const one of document.querySelectorAll(".tabs button")) one.setAttribute("aria-selected", String(one.dataset.side === side));
}

// ── voting ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/* What the keys act on; every screen that takes keys fills it. */
let current = {};
const VERDICTS = [["left", "1", "A"], ["tie", "3", "T"], ["both_bad", "4", "X"], ["right", "2", "B"]];
const SKIPS = ["field", "unreadable", "question", "filtered", "identity"];
let queue = [];
let watch = { since: 0, spent: 0 };

function started() { watch = { since: document.hidden ? 0 : performance.now(), spent: 0 }; }
function spent() { return (watch.spent + (watch.since ? performance.now() - watch.since : 0)) / 1000; }
document.addEventListener("visibilitychange", () => {
  if (document.hidden) watch = { since: 0, spent: watch.spent + (watch.since ? performance.now() - watch.since : 0) };
  else watch.since = performance.now();
});
setInterval(() => {
  const clock = $("clock");
  if (clock) clock.textContent = current.task ? `${Math.floor(spent() / 60)}:${String(Math.floor(spent() % 60)).padStart(2, "0")}` : "";
}, 1000);

/* Remember what is here for a reload. */
function hold() { sessionStorage.setItem("judge.holding", JSON.stringify(queue.map((one) => one.task))); }

async function refill() {
  const asked = performance.now();
  const said = await api.next(queue.map((one) => one.task));
  const there = new Set(queue.map((one) => one.task)), found = still(said.tasks, asked);
  for (const task of found) if (!there.has(task.task) && queue.length < 2) queue.push(task);
  hold();
  if (!outbox.passed(asked)) progress(said.progress);
  if (queue.length < 2 && found.length < said.tasks.length) { await waited(); await refill(); }  // it listed what was just voted on
}

async function voting() {
  past = 0;
  frame("vote");
  if (!queue.length) {
    current = {};
    fill($("bar"));
    show(h("p.wait", {}, t("loading")));
    const found = await fetched();
    if (!found) return;
    queue = found;
  }
  if (location.hash !== "#vote") return;
  if (!queue.length) { finished(); return; }
  hold();
  ballot(queue[0], { then: moveOn });
  if (queue.length < 2) refill().catch(() => {});
}

/* Ask for the next items until there are some, or none are left, or another screen is shown; then null. */
let asking = 0;
async function fetched() {
  const mine = ++asking;
  for (let wait = 500; location.hash === "#vote" && mine === asking; wait = await pause(wait)) {
    const asked = performance.now();
    try {
      const said = await api.next(JSON.parse(sessionStorage.getItem("judge.holding") || "[]"));
      const found = still(said.tasks, asked);
      if (!outbox.passed(asked)) progress(said.progress);
      if (!outbox.held.length) lost(null);
      if (found.length || !said.tasks.length) return found;
      await waited();  // all that is listed was voted on and is on its way there
      wait = 25;
    } catch (error) {
      if (!away(error)) throw error;
      lost(outbox.held.length);
      fill($("main"), h("p.wait", {}, t("loading lost")));
    }
  }
  return null;
}

function moveOn() {
  past = 0;
  queue.shift();
  hold();
  view.side = "left";
  if (queue.length) {
    ballot(queue[0], { then: moveOn });
    waited().then(refill).catch(() => {});  // asked before, it would list what was just voted on
  } else voting().catch(failed);
}

function finished() {
  current = { undo: takeBack };
  fill($("bar"));
  show(h("section.card.notice", {}, h("h1", {}, t("all done")), h("p", {}, t(island ? "all done offline" : "all done text")),
    h("p", {}, h("button", { onclick: takeBack }, t("undo"), h("kbd", {}, "U")), island ? h("button.primary", { onclick: () => api.save() }, t("save")) : h("button", { onclick: () => voting().catch(failed) }, t("look again")))));
}

/* Show one item and take a verdict on it. `then` comes after the vote; `practice` keeps it here. */
function ballot(task, options) {
  const kept = options.practice ? {} : draft.of(task.task);
  const before = task.before ?? {};
  const state = { confidence: kept.confidence ?? before.confidence ?? null, turn: kept.turn ?? before.turn ?? null, aspects: kept.aspects ?? before.aspects ?? [], comment: kept.comment ?? before.comment ?? "", dimensions: kept.dimensions ?? before.dimensions ?? {}, overall: kept.overall ?? before.overall ?? null, perTurn: kept.perTurn ?? {} };
  const keep = () => options.practice || draft.keep(task.task, state);
  let whole = task, begun = false;
  if (current.task?.task !== task.task) view.extra = false;  // open for what has a comment, and while one is written

  const unmask = async () => {
    whole = (await api.unmask(task.task)).task;
    toast(t("unmasked"));
    draw();
  };
  const send = (said) => {
    const opinion = { task: task.task, ...said, ...options.seen, comment: state.comment, seconds: Math.round(spent() * 10) / 10 };
    if (!said.skip) Object.assign(opinion, { confidence: state.confidence, aspects: state.aspects }, state.turn ? { turn: state.turn } : {});
    for (const [turn, verdict] of Object.entries(state.perTurn)) outbox.put({ task: task.task, verdict, scope: Number(turn) });
    outbox.put(opinion);
    toast(t("voted", { said: said.skip ? t("skip") : said.verdict ? t(said.verdict) : t("scored") }));
    options.then();
  };
  const early = options.seen && !options.seen.turns;  // of a battle: nothing to judge yet
  const vote = (verdict) => {
    if (task.scale || early) return;
    if (options.practice) options.practice(verdict); else send({ verdict });
  };
  const skip = (reason) => {
    if (reason === "question" && !state.comment.trim()) { document.querySelector("details.skip").open = false; toast(t("say why"), "bad"); comment(); return; }
    send({ skip: reason });
  };
  const scored = () => {
    const names = task.dimensions.map((one) => one.name);
    if (state.overall === null && names.some((name) => !(name in state.dimensions))) { toast(t("score missing"), "bad"); return; }
    send({ overall: state.overall, dimensions: state.dimensions });
  };
  const comment = () => { const box = $("comment"); box.closest("details").open = view.extra = true; box.focus(); };
  const choice = (name, values, label) => h(`div.choice.which-${name}`, { role: "group", "aria-label": t(`which ${name}`) }, h("span", {}, t(`which ${name}`)), values.map((value, at) =>
    h("button", { "aria-pressed": String(state[name] === value), "data-choice": `${name}-${value}`, onclick: () => { state[name] = state[name] === value ? null : value; keep(); draw(); } }, label(value, at))));

  // A file carries one line per item: no verdicts on single turns.
  const perTurn = task.scale || task.scope || options.practice || options.seen || island || task.turns.length < 2 ? null : (turn) =>
    h("span.per-turn", { role: "group", "aria-label": t("this turn") }, VERDICTS.map(([verdict]) =>
      h("button", { "data-choice": `${turn}-${verdict}`, "aria-pressed": String(state.perTurn[turn] === verdict), onclick: () => { if (state.perTurn[turn] === verdict) delete state.perTurn[turn]; else state.perTurn[turn] = verdict; keep(); draw(); } }, t(`short ${verdict}`))));

  function draw() {
    const held = begun && document.activeElement?.dataset.choice;
    drawn();
    if (held) document.querySelector(`[data-choice="${held}"]`)?.focus();
  }
  function drawn() {
    show2(options.lead ?? null, item(whole, { unmask: options.practice || options.seen || island ? null : unmask, perTurn }), options.below?.() ?? null);
    if (options.practice) { fill($("bar"), h("div.verdicts", {}, VERDICTS.map(button))); return; }
    fill($("bar"), 
      early ? null : task.scale ? scores() : h("div.verdicts", {}, VERDICTS.map(button)),
      h("div.more", {},
        early ? null : choice("confidence", [1, 2, 3], (value) => [t(`confidence ${value}`), task.scale ? null : h("kbd", {}, String(value + 6))]),
        task.turns.length > 1 && !task.scope && !early ? choice("turn", task.turns.slice(0, options.seen?.turns).map((_, at) => at + 1), (value) => String(value)) : null,
        early ? null : h("details.extra", { open: view.extra || Boolean(state.comment || state.aspects.length), ontoggle: (event) => (view.extra = event.target.open) },
          h("summary", {}, t("comment"), h("kbd", {}, "C")),
          task.scale ? null : h("div.aspects", { role: "group", "aria-label": t("which aspects") }, h("span", {}, t("which aspects")), task.dimensions.map((one) => h("label", { title: one.meaning }, h("input", { type: "checkbox", checked: state.aspects.includes(one.name), onchange: (event) => {
            state.aspects = event.target.checked ? [...state.aspects, one.name] : state.aspects.filter((name) => name !== one.name); keep();
          } }), one.name))),
          h("textarea", { id: "comment", rows: 2, maxlength: 2000, placeholder: t(options.seen ? "comment free" : "comment hint"), "aria-label": t("comment"), value: state.comment, oninput: (event) => { state.comment = event.target.value; keep(); } })),
        options.leave ?? [h("details.skip", {}, h("summary", {}, t("skip"), h("kbd", {}, "S")), h("div.menu", {}, SKIPS.map((reason, at) => h("button", { "data-skip": reason, onclick: () => skip(reason) }, t(`skip ${reason}`), h("kbd", {}, String(at + 1)))))),
        h("button.quiet", { id: "undo", onclick: takeBack }, t("undo"), h("kbd", {}, "U"))],
        island ? h("button.quiet", { id: "save", onclick: () => api.save() }, t("save")) : null));
  }
  /* Drawn anew, the page stays where it was. */
  function show2(...content) { const at = window.scrollY; fill($("main"), ...content); window.scrollTo(0, at); }
  function button([verdict, key]) {
    return h(`button.verdict.${verdict}`, { "data-verdict": verdict, "aria-pressed": before.verdict === verdict ? "true" : null, onclick: () => settled() && vote(verdict) }, h("b", {}, t(verdict)), h("kbd", {}, key));
  }
  let row = 0;
  function scores() {
    const [low, high] = task.scale, steps = Number.isInteger(low) && Number.isInteger(high) && high - low <= 10;
    const rows = [{ name: null, meaning: t("overall hint") }, ...task.dimensions];
    const value = (name) => (name === null ? state.overall : state.dimensions[name] ?? null);
    const set = (name, score) => { if (name === null) state.overall = score; else if (score === null) delete state.dimensions[name]; else state.dimensions[name] = score; keep(); draw(); };
    current.score = (digit) => {
      const score = digit === 0 ? 10 : digit;
      if (score >= low && score <= high) { const name = rows[row].name; row = Math.min(rows.length - 1, row + 1); set(name, score); }
    };
    current.row = (step) => { row = Math.max(0, Math.min(rows.length - 1, row + step)); draw(); };
    return h("div.scores", {}, h("div.rows", {}, rows.map((one, at) => h(`div.score${at === row ? ".now" : ""}`, { title: one.meaning },
      h("span", {}, one.name ?? t("overall")),
      steps ? h("span.steps", { role: "group", "aria-label": one.name ?? t("overall") }, Array.from({ length: high - low + 1 }, (_, step) => h("button", { "aria-pressed": String(value(one.name) === low + step), onclick: () => { row = at; set(one.name, value(one.name) === low + step ? null : low + step); } }, String(low + step))))
        : h("input", { type: "number", min: low, max: high, step: "any", value: value(one.name) ?? "", "aria-label": one.name ?? t("overall"), onchange: (event) => set(one.name, event.target.value === "" ? null : Number(event.target.value)) })))),
      h("aside.bands", {}, h("p", {}, rows[row].meaning), h("dl", {}, (rows[row].bands ?? []).map(([band, meaning]) => [h("dt", {}, band), h("dd", {}, meaning)]))),
      h("button.verdict.primary", { id: "submit", onclick: scored }, h("b", {}, t("submit")), h("kbd", {}, "Enter")));
  }

  const goesOn = options.seen && current.task?.task === task.task;
  current = { task, draw, vote, undo: options.practice || options.seen ? null : takeBack, comment: options.practice || early ? null : comment, submit: task.scale ? scored : null, score: null, row: null,
    skip: options.practice || options.seen ? null : () => { const menu = document.querySelector("details.skip"); menu.open = !menu.open; menu.querySelector("button").focus(); },
    confidence: options.practice || early ? null : (value) => { state.confidence = state.confidence === value ? null : value; keep(); draw(); } };
  const since = performance.now();
  /* The second half of a double click is no verdict on the item that came up under it. */
  const settled = () => performance.now() - since > 400;
  if (!goesOn) started();
  draw();
  begun = true;
  if (!options.seen) window.scrollTo(0, 0);
}

/* One after another, however fast a key is pressed. */
let turn = Promise.resolve();
function inTurn(act) { turn = turn.catch(() => {}).then(act); return turn; }

const takeBack = () => inTurn(takeLast);
async function takeLast() {
  const here = arrived();
  await waited();
  const said = await api.undo();
  progress(said.progress);
  if (!said.task) { toast(t("nothing to undo")); return; }
  past = 0;
  voted.delete(said.task.task);
  queue = [said.task, ...queue.filter((one) => one.task !== said.task.task)].slice(0, 2);
  hold();
  toast(t("undone"));
  if (location.hash === "#vote") ballot(queue[0], { then: moveOn });
  else if (here()) location.hash = "#vote";
}

/* Wait until what was voted is kept: it cannot be taken back before. */
async function waited() {
  for (let tries = 0; outbox.held.length && tries < 250; tries++) await new Promise((done) => setTimeout(done, 20));
}

// ── other screens ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function guide() {
  frame("guide");
  fill($("bar"));
  const here = arrived(), found = await api.guide();
  if (!here()) return;
  let at = 0;
  const practise = () => {
    const one = found.practice[at];
    ballot({ ...one, task: `practice-${at}`, dimensions: [], masked: 0, scope: 0 }, {
      lead: h("p.lead", {}, t("practice of", { at: at + 1, count: found.practice.length })),
      practice: (verdict) => {
        const right = verdict === one.verdict;
        fill($("bar"), h(`section.card.why.${right ? "good" : "bad"}`, { role: "status" },
          h("b", {}, t(right ? "practice right" : "practice other", { said: t(one.verdict) })), h("p", {}, one.why),
          h("button.primary", { id: "onward", onclick: () => { at += 1; if (at < found.practice.length) practise(); else begin(); } }, t(at + 1 < found.practice.length ? "next practice" : "begin"))));
        current = { submit: () => $("onward").click() };
        $("onward").focus();
      },
    });
  };
  const begin = () => { store.set("practised", true); location.hash = "#vote"; };
  current = {};
  show(h("section.guide", {},
    h("h1", {}, t("welcome", { name: me.name })), h("p", {}, t(me.unit === "scores" ? "welcome scores" : "welcome text")),
    h("ul.rules", {}, ["rule dialogue", "rule length", "rule tie", "rule skip", "rule private"].map((rule) => h("li", {}, t(rule)))),
    h("p.actions", {}, h("button.primary", { id: "practise", onclick: practise }, t("practise")), h("button", { id: "begin", onclick: begin }, t("begin"))),
    h("h2", {}, t("standards")),
    found.abilities.map((one) => h("details.ability", { open: found.abilities.length === 1 }, h("summary", {}, h("b", {}, one.ability)), one.notes ? h("p", {}, one.notes) : null,
      one.dimensions.map((dimension) => h("div.dimension", {}, h("h3", {}, dimension.name, h("small", {}, `${dimension.weight}%`)), h("p", {}, dimension.meaning),
        h("table", {}, h("tbody", {}, dimension.bands.map(([band, meaning]) => h("tr", {}, h("th", { scope: "row" }, band), h("td", {}, meaning)))))))))));
}

function label(vote) {
  if (vote.skip) return `${t("skip")}：${words[`skip ${vote.skip}`] ?? vote.skip}`;
  if (vote.verdict) return t(vote.verdict);
  return t("points", { score: vote.overall ?? "—" });
}

async function mine() {
  frame("mine");
  current = {};
  fill($("bar"));
  const here = arrived();
  await waited();
  const { votes } = await api.mine();
  if (!here()) return;
  const list = h("ol.list", { reversed: true });
  const filter = h("select", { "aria-label": t("filter"), onchange: () => listed() }, h("option", { value: "" }, t("all")), ["left", "right", "tie", "both_bad", ...(me.arena ? [] : ["skip"])].map((one) => h("option", { value: one }, t(one))));
  function listed() {
    fill(list, ...votes.filter((one) => !filter.value || (filter.value === "skip" ? one.skip : one.verdict === filter.value)).map((one) =>
      h("li", {}, h("button.row", { "data-task": one.task, onclick: () => (me.arena ? (location.hash = `#mine/${one.task}`) : change(one.task)) }, h("span.chip", {}, one.ability), h("span.asked", {}, one.asked), h(`b.said.${one.verdict ?? "other"}`, {}, label(one)), one.comment ? h("small.remark", {}, one.comment) : null))));
  }
  const change = async (id) => {
    const { task } = await api.task(id);
    if (!here()) return;
    ballot(task, {
      lead: h("p.lead", {}, t("changing"), h("button.quiet", { onclick: () => mine().catch(failed) }, t("back"))),
      then: () => { waited().then(() => { if (location.hash === "#mine") mine().catch(failed); else location.hash = "#mine"; }); },
    });
  };
  listed();
  show(h("section", {}, h("h1", {}, t("nav mine")), h("p.lead", {}, t(me.arena ? "fought text" : "mine text", { count: votes.length }), filter, island ? h("button.primary", { onclick: () => api.save() }, t("save")) : null), votes.length ? list : h("p.none", {}, t("nothing yet"))));
}

async function rule(target) {
  frame("rule");
  current = {};
  fill($("bar"));
  const here = arrived(), found = await call("GET", "/api/conflicts");
  if (!here()) return;
  progress({ ...me.progress, conflicts: found.conflicts.length });
  if (!target) {
    show(h("section", {}, h("h1", {}, t("nav rule")), h("p.lead", {}, t("rule text", { count: found.conflicts.length })),
      found.conflicts.length ? h("ol.list", {}, found.conflicts.map((one) => h("li", {}, h("a.row", { href: `#rule/${one.target}` }, h("span.chip", {}, one.ability), h("span.asked", {}, one.asked), h("b", {}, t("voices", { count: one.votes })))))) : h("p.none", {}, t("no conflicts")),
      found.struck.length ? h("div", {}, h("h2", {}, t("struck")), h("ul.list", {}, found.struck.map((one) => h("li.row.person", {}, h("span.asked", {}, one.id), h("small", {}, one.reason), h("button", { onclick: async () => { await call("POST", "/api/restore", { question: one.question }); rule().catch(failed); } }, t("restore")))))) : null));
    return;
  }
  const task = await call("GET", `/api/conflicts/${target}`);
  if (!here()) return;
  let reason = "", score = null;
  const settle = async (verdict) => {
    if (!reason.trim()) { toast(t("reason missing"), "bad"); $("reason").focus(); return; }
    await call("POST", "/api/rule", { target, verdict, score, reason });
    toast(t("ruled"));
    const next = found.conflicts.find((one) => one.target !== target);
    location.hash = next ? `#rule/${next.target}` : "#rule";
  };
  const draw = () => {
    fill($("main"), 
      h("section.voices", {}, h("h2", {}, t("what they said")), h("ol", {}, task.voices.map((voice) => h("li", {}, h("b", {}, voice.verdict ? t(voice.verdict) : t("points", { score: voice.score })), voice.confidence ? h("small", {}, t(`confidence ${voice.confidence}`)) : null, voice.turn ? h("small", {}, t("turn", { turn: voice.turn })) : null, voice.comment ? h("p", {}, voice.comment, voice.swapped ? h("small", {}, t("swapped")) : null) : null)))),
      item(task));
    fill($("bar"), 
      task.scale ? h("label.verdicts", {}, t("overall"), h("input", { id: "score", type: "number", min: task.scale[0], max: task.scale[1], step: "any", onchange: (event) => (score = event.target.value === "" ? null : Number(event.target.value)) }), h("button.primary", { onclick: () => settle(null).catch(failed) }, t("submit")))
        : h("div.verdicts", {}, VERDICTS.map(([verdict, key]) => h(`button.verdict.${verdict}`, { "data-verdict": verdict, onclick: () => settle(verdict).catch(failed) }, h("b", {}, t(verdict)), h("kbd", {}, key)))),
      h("div.more", {}, h("textarea", { id: "reason", rows: 2, maxlength: 2000, placeholder: t("reason hint"), "aria-label": t("reason hint"), value: reason, oninput: (event) => (reason = event.target.value) }),
        h("button.quiet", { id: "strike", onclick: async () => {
          if (!reason.trim()) { toast(t("reason missing"), "bad"); $("reason").focus(); return; }
          if (!confirm(t("strike sure"))) return;
          await call("POST", "/api/strike", { target, reason });
          location.hash = "#rule";
        } }, t("strike")), h("a", { href: "#rule" }, t("back"))));
  };
  current = { draw, vote: (verdict) => task.scale || settle(verdict).catch(failed), comment: () => $("reason").focus() };
  draw();
  window.scrollTo(0, 0);
}

const percent = (one) => (one === null || one === undefined ? "—" : `${(100 * one).toFixed(0)}%`);
const between = (one, digits = 1, factor = 1) => (one ? `${(factor * one.value).toFixed(digits)} [${(factor * one.low).toFixed(digits)}, ${(factor * one.high).toFixed(digits)}]` : "—");

function table(heads, rows, caption) {
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": caption ?? heads.filter(Boolean).join(" · ") }, h("table", {}, caption ? h("caption", {}, caption) : null, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, at) => (at ? h("td.num", {}, cell) : h("th", { scope: "row" }, cell))))))));
}

/* Who may enter, with links that are shown once; `reload` draws the screen anew. */
function entrants(people, reload) {
  const links = h("div", { id: "links" });
  const invite = async (name, role) => {
    const { token } = await call("POST", "/api/invite", { name, role });
    fill(links, h("p.card", {}, t("link for", { name }), h("code", { id: "link" }, `${location.origin}/#token=${token}`)));
  };
  return [h("h2", {}, t("people")),
    h("form.inline", { onsubmit: (event) => { event.preventDefault(); invite($("who").value.trim(), $("role").value).catch(failed); } }, h("input", { id: "who", required: true, maxlength: 40, placeholder: t("name"), "aria-label": t("name") }), h("select", { id: "role", "aria-label": t("role") }, h("option", { value: "reviewer" }, t("role reviewer")), h("option", { value: "lead" }, t("role lead"))), h("button", {}, t("invite"))),
    links,
    h("ul.list", {}, people.map((one) => h("li.row.person", {}, h("span.asked", {}, one.name), h("small", {}, t(`role ${one.role}`), one.revoked ? ` · ${t("revoked")}` : one.waiting ? ` · ${t("waiting")}` : ""),
      h("button", { onclick: () => invite(one.name, one.role).catch(failed) }, t("new link")), one.revoked || one.name === me.name ? null : h("button", { "data-revoke": one.name, onclick: async () => { await call("POST", "/api/revoke", { name: one.name }); reload().catch(failed); } }, t("revoke")))))];
}

async function team() {
  frame("team");
  current = {};
  fill($("bar"));
  show(h("p.wait", {}, t("counting")));
  const [found, known] = await Promise.all([call("GET", "/api/team"), call("GET", "/api/people")]);
  if (location.hash !== "#team") return;
  progress({ ...found.progress, conflicts: me.progress.conflicts });  // those that wait for this lead
  const figure = found.figures;
  show(h("section.team", {},
    h("h1", {}, t("nav team")),
    h("div.tiles", {},
      h("div", {}, h("strong", {}, `${found.progress.done}/${found.progress.total}`), h("span", {}, t("items done"))),
      h("div", {}, h("strong", { id: "width" }, figure.width === null ? "—" : `±${figure.width.toFixed(1)}`), h("span", {}, t("width wanted", { wanted: figure.wanted }))),
      h("div", {}, h("strong", { id: "needed" }, figure.needed === null ? "—" : String(figure.needed)), h("span", {}, t("still needed"))),
      h("div", {}, h("strong", {}, String(found.progress.conflicts)), h("span", {}, t("conflicts")))),
    h("h2", {}, t("corrected")),
    figure.rows.length ? table(["", t("judge alone"), t("people alone"), t("corrected figure")], figure.rows.map((row) => [row.candidate, between(row.judge), between(row.people), between(row.corrected)]), t("corrected text", { audits: figure.audits, population: figure.population })) : h("p.none", {}, t("too few", { needed: figure.least, audits: figure.audits })),
    figure.alone === null ? null : h("p", {}, t("spent", { audits: figure.audits, alone: figure.alone.toFixed(0) })),
    h("h2", {}, t("reviewers")),
    found.reviewers.length ? table([t("reviewer"), t("votes"), t("skips"), t("seconds"), t("left share"), t("ties"), t("repeats"), t("golds"), t("unmasks")], found.reviewers.map((one) => [
      one.name, one.votes, one.skips, one.seconds === null ? "—" : one.seconds.toFixed(0), [between(one.left, 0, 100), one.leaning ? h("b.warn", {}, t("leaning")) : null], percent(one.ties), one.repeats, one.golds, one.unmasks])) : h("p.none", {}, t("nothing yet")),
    h("h2", {}, t("agreement")),
    found.agreement ? h("p", {}, t("agreement text", { items: found.agreement.items, raw: between(found.agreement.raw, 0, 100), alpha: between(found.agreement.alpha, 2), ac1: between(found.agreement.ac1, 2), fleiss: between(found.agreement.fleiss, 2) })) : h("p.none", {}, t("agreement none")),
    found.pairs.length ? table([t("pair"), t("common"), t("equal"), "κ"], found.pairs.map((one) => [one.names.join(" · "), one.items, between(one.raw, 0, 100), between(one.kappa, 2)])) : null,
    found.confusion ? table(["", t("wins first"), t("tie"), t("wins second")], [t("wins first"), t("tie"), t("wins second")].map((name, at) => [name, ...found.confusion[at]]), t("confusion text")) : null,
    h("h2", {}, t("judge against people")),
    found.judge.overall ? table([t("ability"), t("items"), t("equal"), "κ"], [[t("all"), found.judge.overall.items, between(found.judge.overall.raw, 0, 100), between(found.judge.overall.kappa, 2)], ...found.judge.abilities.map((one) => [one.ability, one.items, between(one.raw, 0, 100), between(one.kappa, 2)])]) : h("p.none", {}, t("nothing yet")),
    h("h2", {}, t("by ability")),
    table([t("ability"), t("done"), t("total")], found.progress.abilities),
    entrants(known.people, team),
    h("h2", {}, t("more items")),
    h("form.inline", { onsubmit: async (event) => { event.preventDefault(); try { const { items } = await call("POST", "/api/draw", { items: Number($("more").value) }); toast(t("drawn", { items })); team(); } catch (error) { failed(error); } } }, h("input", { id: "more", type: "number", min: 1, max: 5000, value: 40, "aria-label": t("more items") }), h("button", {}, t("draw"))),
    h("p.note", {}, t("trail", { number: found.head[0], hash: found.head[1].slice(0, 16) }))));
}

// ── battles ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/* Show the battle as the server says it stands, or ask how it stands; while answers are on their way, wait for them. */
let bout = 0;
async function fight(said = null) {
  const mine = ++bout;
  if (!said && !document.querySelector("main .item, #prompt")) show(h("p.wait", {}, t("loading battle")));
  for (let wait = 500; mine === bout && location.hash === "#battle";) {
    if (said) {
      stand(said);
      if (!said.battle?.asking) return;
    }
    try {
      await waited();
      said = await call("GET", "/api/battle");
      lost(outbox.held.length || null);
      if (!outbox.held.some((one) => one.task === said.battle?.task)) { wait = 500; continue; }
      said = null;  // voted on, and the vote is still under way
    } catch (error) {
      if (!away(error)) throw error;
      lost(outbox.held.length);
    }
    wait = await pause(wait);
  }
}

function stand({ battle, last, progress: far }) {
  frame("battle");
  progress(far);
  const box = composer(battle);
  if (!battle) {
    current = { ask: () => $("prompt").focus() };
    fill($("bar"));
    show(h("section.guide", {}, h("h1", {}, t("nav battle")), h("p", {}, t("battle text")), box,
      last ? h("p.card", { id: "last" }, t("last battle", { asked: last.asked }), h(`b.said.${last.verdict}`, {}, t(last.verdict)), last.names ? h("small", {}, t("who was who", { left: last.names[0], right: last.names[1] })) : null) : null));
    $("prompt").focus();
    return;
  }
  const turns = $("main").querySelectorAll(`[data-task="${battle.task}"] .turn`).length;
  ballot(battle, {
    seen: { turns: battle.whole },
    below: () => box,
    leave: [h("button.quiet", { id: "discard", onclick: () => discard(battle).catch(failed) }, t("discard"))],
    then: () => fight().catch(failed),
  });
  current.ask = () => $("prompt")?.focus();
  if (turns !== battle.turns.length) $("main").querySelector(".turn:last-of-type").scrollIntoView({ block: "start" });
}

/* Where a person writes the next question, or what stands in its way. */
function composer(battle) {
  if (battle?.lacking) return h("div.composer", { role: "alert" }, h("p", {}, t(battle.whole ? "half turn" : "no turn")), h("button.primary", { id: "again", onclick: () => sent(call("POST", "/api/again", { task: battle.task })) }, t("ask again")));
  if (battle?.over || battle?.full) return h("p.composer.note", {}, t(battle.over ? "both over" : "full", { count: battle.turns.length }));
  const busy = Boolean(battle?.asking);
  const box = h("textarea", { id: "prompt", rows: battle ? 2 : 4, disabled: busy, placeholder: battle ? null : t("ask first"), "aria-label": battle ? null : t("ask first"), value: draft.of("prompt").text ?? "",
    oninput: () => draft.keep("prompt", { text: box.value }),
    // Enter while an input method is composing chooses a word.
    onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing && event.keyCode !== 229) { event.preventDefault(); send(); } } });
  const chosen = store.get("ability", me.arena.ability);
  const ability = battle ? null : h("select", { id: "ability", "aria-label": t("ability"), onchange: () => store.set("ability", ability.value) }, me.arena.abilities.map((one) => h("option", { value: one, selected: one === chosen }, one)));
  const button = h("button.primary", { id: "ask", disabled: busy, onclick: () => send() }, t(busy ? "fault asking" : "ask"), busy ? null : h("kbd", {}, "Ctrl Enter"));
  const send = () => {
    if (!box.value.trim() || button.disabled) { box.focus(); return; }
    const count = [...box.value].length;
    if (count > me.arena.longest) { toast(t("too long", { count, longest: me.arena.longest }), "bad"); return; }
    button.disabled = true;
    sent(call("POST", "/api/ask", battle ? { battle: battle.task, turn: battle.turns.length + 1, prompt: box.value } : { prompt: box.value, ability: ability.value }).then((said) => { draft.clear("prompt"); return said; })).finally(() => (button.disabled = busy));
  };
  return h("div.composer", {}, battle ? h("label", { for: "prompt" }, t("ask next"), h("kbd", {}, "Q")) : null, box, h("div.lead", {}, ability, button));
}

/* Go on with what a request gave; where the battle is not as it was taken for, look how it stands. */
async function sent(asked) {
  try { await fight(await asked); } catch (error) {
    failed(error);
    if (error.status === 404 || error.status === 409) fight().catch(failed);
  }
}

async function discard(battle) {
  if (!confirm(t("discard sure"))) return;
  const said = await call("POST", "/api/discard", { task: battle.task });
  draft.clear(battle.task);
  toast(t("discarded"));
  await fight(said);
}

/* A battle that was voted on, as it was. */
async function fought(id) {
  frame("mine");
  fill($("bar"));
  const { battle } = await call("GET", `/api/fought/${id}`);
  const draw = () => fill($("main"),
    h("p.lead", {}, h(`b.said.${battle.verdict}`, {}, t(battle.verdict)), battle.names ? h("span", {}, t("who was who", { left: battle.names[0], right: battle.names[1] })) : null, battle.comment ? h("span", {}, battle.comment) : null, h("a", { href: "#mine" }, t("back"))),
    item(battle));
  current = { draw };
  draw();
  window.scrollTo(0, 0);
}

const strength = ({ value, low, high }) => `${value.toFixed(0)} [${low === null ? "−∞" : low.toFixed(0)}, ${high === null ? "+∞" : high.toFixed(0)}]`;

function standings(found) {
  const open = found.rows.some((one) => one.elo && (one.elo.low === null || one.elo.high === null));
  return [h("div.tiles", {}, [["day", "fought day"], ["week", "fought week"], ["fought", "fought all"], ["open", "fought open"]].map(([key, word]) => h("div", {}, h("strong", { id: `count-${key}` }, String(found[key])), h("span", {}, t(word))))),
    h("h2", {}, t("ratings")),
    found.missing ? h("p.warn", {}, t(`why ${found.missing}`), found.groups.length > 1 ? `（${found.groups.map((one) => one.join("、")).join("；")}）` : "") : null,
    found.rows.length ? table(["", "Elo", t("rank"), t("half"), t("win rate"), t("win tie loss"), t("battles")], found.rows.map((one) => [
      one.candidate, one.elo ? strength(one.elo) : "—", one.ranks ? [...new Set(one.ranks)].join("–") : "—", between(one.half), between(one.wins), `${one.win} / ${one.tie} / ${one.loss}`, one.battles]), t("ratings text")) : h("p.none", {}, t("nothing fought")),
    open ? h("p.note", {}, t("unbounded")) : null,
    h("h2", {}, t("meetings")),
    table([t("pair"), t("battles")], found.pairs.map((one) => [one.names.join(" · "), one.battles])),
    h("p.note", {}, t("called", { calls: found.calls, cost: found.cost.toFixed(2) }), found.priced ? null : t("unpriced")),
    h("p.note", {}, t("trail", { number: found.head[0], hash: found.head[1].slice(0, 16) }))];
}

async function board() {
  frame("board");
  current = {};
  fill($("bar"));
  show(h("p.wait", {}, t("counting")));
  const [found, known] = await Promise.all([call("GET", "/api/board"), call("GET", "/api/people")]);
  if (location.hash !== "#board") return;
  show(h("section.team", {}, h("h1", {}, t("nav board")), h("div", { id: "standings" }, standings(found)), entrants(known.people, board)));
}

async function browse(target) {
  frame("browse");
  current = {};
  fill($("bar"));
  if (target) {
    const here = arrived(), found = await call("GET", `/api/browse/${target}`);
    if (!here()) return;
    const draw = () => fill($("main"), 
      h("p.lead", {}, h("b", {}, found.question), h("a", { href: "#browse" }, t("back"))),
      item(found, { names: found.names }),
      h("section", {}, h("h2", {}, t("judges said")), found.judged.map((one) => h("div.card", {}, h("p", {}, h("b", {}, one.judge), h("small", {}, one.shown.join(" → ")), h("b.said", {}, named(one.said))), one.reply ? h("details", {}, h("summary", {}, t("reasons")), h("div.md", { html: one.reply })) : null)),
        h("h2", {}, t("people said")), found.people.length ? found.people.map((one) => h("div.card", {}, h("p", {}, h("b", {}, one.reviewer, one.adjudicates ? `（${t("ruling")}）` : ""), h("b.said", {}, named(one.said))), one.comment ? h("p", {}, one.comment) : null)) : h("p.none", {}, t("nothing yet"))));
    current = { draw };
    draw();
    window.scrollTo(0, 0);
    return;
  }
  const state = { ability: "", state: "", page: 0 };
  const list = h("div");
  const load = async () => {
    const found = await call("GET", `/api/browse?${new URLSearchParams(state)}`);
    fill(list, 
      h("ol.list", {}, found.items.map((one) => h("li", {}, h("a.row", { href: `#browse/${one.target}` }, h("span.chip", {}, one.ability), h("span.asked", {}, `${one.question} · ${one.asked}`), h("b", {}, t(`state ${one.state}`)), h("small", {}, t("voices", { count: one.votes })))))),
      h("p.lead", {}, t("pages", { from: found.items.length ? found.page * found.size + 1 : 0, to: found.page * found.size + found.items.length, total: found.total }),
        found.page ? h("button", { onclick: () => { state.page -= 1; load().catch(failed); } }, t("earlier")) : null, (found.page + 1) * found.size < found.total ? h("button", { onclick: () => { state.page += 1; load().catch(failed); } }, t("later")) : null));
  };
  const select = (name, values, label) => h("select", { "aria-label": t(name), onchange: (event) => { state[name === "ability" ? "ability" : "state"] = event.target.value; state.page = 0; load().catch(failed); } }, h("option", { value: "" }, t("all")), values.map((one) => h("option", { value: one }, label(one))));
  show(h("section", {}, h("h1", {}, t("nav browse")), h("p.note", {}, t("browse text")), h("p.lead", {}, select("ability", me.progress.abilities.map(([name]) => name), (one) => one), select("state", ["open", "done", "conflict"], (one) => t(`state ${one}`))), list));
  await load();
}

function named(said) {
  if (said.kind === "verdict") return said.winner ? t("better", { name: said.winner }) : t("tie");
  return said.kind === "scores" ? t("points", { score: said.score ?? "—" }) : said.reason;
}

function help() {
  const dialog = h("dialog.help", { onclose: () => dialog.remove(), onclick: (event) => event.target === dialog && dialog.close() },
    h("h2", {}, t("keys")), h("dl", {}, [["1 A", "left"], ["2 B", "right"], ["3 T", "tie"], ["4 X", "both_bad"], ...(me.arena ? [["Q", "ask next"], ["Ctrl Enter", "ask"]] : [["S", "skip"], ["U", "undo"]]), ["C", "comment"], ["7 8 9", "confidence"], ...(me.arena ? [] : [["R", "reference"]]), ["V", "raw"], ["D", "diff"], ...(me.arena ? [] : [["P N", "move"], ["Enter", "submit"]]), ["?", "help"]].map(([key, word]) => [h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, t(word))])),
    h("p.note", {}, t("keys text")), h("form", { method: "dialog" }, h("button.primary", {}, t("close"))));
  document.body.append(dialog);
  dialog.showModal();
}

// ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const typing = (one) => one.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
let past = 0;
async function move(step) {
  const here = arrived();
  await waited();
  const { votes } = await api.mine();
  if (!here()) return;
  past = Math.max(0, Math.min(votes.length, past + step));
  if (!past) { if (queue.length) ballot(queue[0], { then: moveOn }); else await voting(); return; }
  const { task } = await api.task(votes[past - 1].task);
  if (here()) ballot(task, { lead: h("p.lead", {}, t("changing")), then: () => voting().catch(failed) });
}

/* In the open menu a digit is a reason and no vote. */
function chosen(menu, key, done) {
  const reasons = [...menu.querySelectorAll("[data-skip]")], at = reasons.indexOf(document.activeElement);
  if (reasons[Number(key) - 1]) done(() => reasons[Number(key) - 1].click());
  else if (key === "escape" || key === "s") done(() => { menu.open = false; document.activeElement.blur(); });
  else if (key === "arrowdown" || key === "arrowup") done(() => reasons.at((at + (key === "arrowdown" ? 1 : -1)) % reasons.length).focus());
}

document.addEventListener("keydown", (event) => {
  // A letter that an input method is composing is no command, nor is one that is typed into a field.
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (typing(event.target)) { if (event.key === "Escape") event.target.blur(); return; }
  const key = event.key.toLowerCase();
  const done = (act) => { event.preventDefault(); Promise.resolve(act()).catch(failed); };
  if (event.repeat) return;  // a key held down is one vote
  const menu = document.querySelector("details.skip[open]");
  if (menu) return chosen(menu, key, done);
  if (key === "?" || (key === "/" && event.shiftKey)) return done(help);
  if (current.score && /^[0-9]$/.test(key)) return done(() => current.score(Number(key)));
  if (current.row && (key === "arrowdown" || key === "arrowup")) return done(() => current.row(key === "arrowdown" ? 1 : -1));
  const verdict = VERDICTS.find(([, digit, letter]) => key === digit || key === letter.toLowerCase());
  if (verdict && current.vote) return done(() => current.vote(verdict[0]));
  if (current.confidence && "789".includes(key)) return done(() => current.confidence(Number(key) - 6));
  if (key === "enter" && current.submit && !event.target.closest("button, a, summary")) return done(current.submit);
  if (key === "s" && current.skip) return done(current.skip);
  if (key === "u" && current.undo) return done(current.undo);
  if (key === "c" && current.comment) return done(current.comment);
  if (key === "q" && current.ask) return done(current.ask);
  if (key === "r" && current.draw) return done(() => { const all = document.querySelectorAll("details.reference"); view.reference = !view.reference; for (const one of all) one.open = view.reference; });
  if (key === "v" && current.draw) return done(() => toggle("raw"));
  if (key === "d" && current.draw) return done(() => toggle("diff"));
  if ((key === "p" || key === "n") && location.hash === "#vote") return done(() => inTurn(() => move(key === "p" ? 1 : -1)));
});

// ── beginning ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function failed(error) {
  if (error instanceof Refused && error.status === 401) return;
  toast(error instanceof Refused ? `${error.message} ${error.fix}` : t("unreachable"), "bad");
}

function leave() { current = {}; queue = []; }

const REVIEW = { vote: voting, mine, guide, rule, team, browse };
const ARENA = { battle: () => fight(), mine: (id) => (id ? fought(id) : mine()), board };
/* An answer that comes after another screen was opened is not drawn over it: `here()` tells whether one is still where one asked. */
let visit = 0;
function arrived() { const at = visit; return () => at === visit; }

function route() {
  visit += 1;
  const [name, rest] = location.hash.slice(1).split("/");
  past = 0;
  const screens = me.arena ? ARENA : REVIEW;
  if (!screens[name]) { location.replace(`#${Object.keys(screens)[0]}`); return; }
  screens[name](rest).catch(failed);
}

async function begin() {
  if (island) {
    const content = JSON.parse(island.textContent);
    me = { ...me, name: content.reviewer, unit: content.unit };
    me.progress = (await api.next([])).progress;
  } else {
    const token = location.hash.match(/^#token=([\w-]+)$/)?.[1];
    if (token) {
      history.replaceState(null, "", "/");
      await call("POST", "/api/enter", { token }).catch((error) => { if (!(error instanceof Refused && error.status === 401)) throw error; });
    }
    me = await call("GET", "/api/me");
  }
  for (const one of outbox.held) voted.set(one.task, Infinity);  // from before a reload
  outbox.flush();
  if (!location.hash || location.hash.startsWith("#token")) history.replaceState(null, "", me.arena ? "#battle" : store.get("practised") || me.progress.mine ? "#vote" : "#guide");
  route();
  // A sign of life keeps what was lent; the figures move as others vote.
  if (!island) setInterval(() => { if (!document.hidden && queue.length && current.task && location.hash === "#vote") api.next(queue.map((one) => one.task)).then((said) => progress(said.progress)).catch(() => {}); }, 60000);
  if (!island) setInterval(() => { if (!document.hidden) call("GET", "/api/progress").then(progress).catch(() => {}); }, 20000);
  if (me.arena && me.role === "lead") setInterval(() => { if (!document.hidden && location.hash === "#board") call("GET", "/api/board").then((found) => { if ($("standings")) fill($("standings"), standings(found)); }).catch(() => {}); }, 5000);
}

/* Another link opened in this window is entered by beginning anew. */
addEventListener("hashchange", () => { if (location.hash.startsWith("#token=")) location.reload(); else if (me.name) route(); });
begin().catch((error) => { if (!(error instanceof Refused && error.status === 401)) failed(error); });
